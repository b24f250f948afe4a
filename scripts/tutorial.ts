/**
 * `npm run tutorial -- prosody|ejabberd`: every command of docs/tutorial-NAME.md on a bare Debian 12 with systemd, in a container
 * without a network; then a boot, an upgrade, a removal and a purge. Two minutes, and as many more for the first time.
 *   npm run tutorial -- NAME [--base FOLDER]
 * `--base`: where the bare Debian is kept [in the folder for temporary files]. Exit code 3: this cannot be done here.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { afterwards } from './tutorial/afterwards.ts'
import { boot, hindrance, makeBase } from './tutorial/machine.ts'
import { readSteps, scriptOf, TUTORIALS } from './tutorial/page.ts'

/** s: at the rate that Debian lets a client of these Brokers have, it would be minutes */
const LIMIT_S = 10

const root = fileURLToPath(new URL('..', import.meta.url))
const { values, positionals } = parseArgs({
  options: { base: { type: 'string', default: join(tmpdir(), 'iodef-gateway-debian') } },
  allowPositionals: true,
})
const name = TUTORIALS.find((one) => one === positionals[0])
if (name === undefined) stop(`usage: npm run tutorial -- ${TUTORIALS.join('|')}`, 2)
const reason = hindrance()
if (reason !== undefined) stop(`the tutorial cannot be run here: ${reason}`, 3)

if (!existsSync(join(values.base, 'etc/debian_version'))) {
  console.error(`making a bare Debian 12 in ${values.base}`)
  makeBase(values.base)
}
const temp = mkdtempSync(join(tmpdir(), 'tutorial-'))
process.once('exit', () => rmSync(temp, { recursive: true, force: true }))
// systemd-nspawn names it by its folder, and no two may have one name
const machine = join(temp, basename(temp))
if (spawnSync('cp', ['-a', values.base, machine], { stdio: 'inherit' }).status !== 0) stop('the base cannot be copied')

const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
const next = version.replace(/\d+$/, (patch) => `${Number(patch) + 1}`)
const home = join(machine, 'root')
mkdirSync(join(home, 'next'))
for (const [one, folder] of [
  [version, home],
  [next, join(home, 'next')],
] as const) {
  const deb = buildDeb(one)
  copyFileSync(deb, join(folder, basename(deb)))
}

try {
  const said = await (async () => {
    await using debian = await boot(machine)
    return await debian.run(`${scriptOf(readSteps(root, name))}kill %1\n`)
  })()
  const seconds = /20 reports of 40 KB in (\d+) s/.exec(said)?.[1]
  if (!(Number(seconds) < LIMIT_S)) throw new Error(`20 reports of 40 KB took ${seconds} s`)
  console.error(`20 reports of 40 KB in ${seconds} s`)
  await using again = await boot(machine)
  const exposure = /Overall exposure level for \S+: (\d+\.\d+)/.exec(await again.run(afterwards(next)))?.[1]
  if (!(Number(exposure) < 2)) throw new Error(`the unit's exposure is ${exposure}`)
  console.error(`the ${name} tutorial works: every command, a boot, an upgrade, a removal and a purge`)
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
}

function buildDeb(one: string): string {
  const args = [join(root, 'scripts/deb.ts'), '--quick', '--version', one, '--out', temp]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) stop(`npm run deb: ${stderr}`)
  return stdout.trim()
}

function stop(text: string, code = 1): never {
  console.error(text)
  process.exit(code)
}
