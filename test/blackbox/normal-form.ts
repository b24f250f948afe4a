import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Runs beside this file: the normal form and item id of a payload, from section 5's text alone. */
export function python(mode: string, input: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const script = fileURLToPath(new URL('./normal_form.py', import.meta.url))
    const child = execFile(
      '/usr/bin/python3',
      [script, mode],
      { maxBuffer: 64 << 20, timeout: 60_000 },
      (error, stdout, stderr) => (error ? reject(new Error(`${error.message} ${stderr}`)) : resolve(stdout)),
    )
    child.stdin?.end(input)
  })
}
