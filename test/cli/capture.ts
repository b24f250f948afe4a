import { Writable } from 'node:stream'
import { run } from '../../src/cli/cli.ts'

/** Runs a command line in this process, and keeps what it says. */
export async function iodefGateway(args: readonly string[], env: Record<string, string> = {}) {
  const out = collector()
  const err = collector()
  const code = await run(args, { out: out.stream, err: err.stream, env })
  return { code, out: out.text(), err: err.text() }
}

/** Keeps what is written to it. */
export function collector() {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  return { stream, text: () => chunks.join('') }
}
