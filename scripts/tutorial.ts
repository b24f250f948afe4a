/**
 * `npm run tutorial -- prosody|ejabberd`: every command of docs/tutorial-NAME.md on a bare Debian 12 with systemd, in a container
 * without a network; then a boot with reports that wait, an upgrade, a removal and a purge. Two minutes, and as many more for
 * the first time.
 *   npm run tutorial -- NAME [--npm] [--from REVISION] [--base FOLDER]
 *   npm run tutorial -- readme [--base FOLDER]
 * `readme`: the demo and the installations of README.md, in a clone, with Debian's npm and nothing else.
 * `--npm`: with the npm package and Debian's npm, as docs/guide.md has it. `--from`: it begins with the package, and the tutorial,
 * of that commit, and is upgraded to this one. `--base`: where the bare Debian is kept [in the folder for temporary files].
 * Exit code 3: this cannot be done here.
 */
import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { afterwards, beforehand, debianPackage } from './tutorial/afterwards.ts'
import { boot, hindrance, makeBase, runOnline } from './tutorial/machine.ts'
import { npmInstallation, npmPackage, npmTutorial } from './tutorial/npm.ts'
import { buildDeb, checkOut, packNpm } from './tutorial/packages.ts'
import { readSteps, scriptOf, TUTORIALS, type Tutorial } from './tutorial/page.ts'
import { readmeCommands } from './tutorial/readme.ts'

/** s: at the rate that Debian lets a client of these Brokers have, it would be minutes */
const LIMIT_S = 10

const root = fileURLToPath(new URL('..', import.meta.url))
const { values, positionals } = parseArgs({
  options: {
    base: { type: 'string', default: join(tmpdir(), 'iodef-gateway-debian') },
    from: { type: 'string' },
    npm: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})
const name = [...TUTORIALS, 'readme' as const].find((one) => one === positionals[0])
if (name === undefined) stop(`usage: npm run tutorial -- ${TUTORIALS.join('|')}|readme [--npm] [--from REVISION]`, 2)
const reason = hindrance()
if (reason !== undefined) stop(`the tutorial cannot be run here: ${reason}`, 3)

if (!existsSync(join(values.base, 'etc/debian_version'))) {
  console.error(`making a bare Debian 12 in ${values.base}`)
  makeBase(values.base)
}
const temp = mkdtempSync(join(tmpdir(), 'tutorial-'))
process.once('exit', () => rmSync(temp, { recursive: true, force: true }))

try {
  // systemd-nspawn names it by its folder, and no two may have one name
  const machine = join(temp, basename(temp))
  if (spawnSync('cp', ['-a', values.base, machine], { stdio: 'inherit' }).status !== 0)
    throw new Error('the base cannot be copied')
  if (name === 'readme') {
    checkOut(root, 'HEAD', join(machine, 'root/clone'), { packages: false })
    runOnline(machine, readmeCommands(root))
    console.error('the README works: demo, installation in the clone, installation for the whole machine')
  } else await tutorial(name, machine)
} catch (error) {
  stop(error instanceof Error ? error.message : String(error))
}

async function tutorial(name: Tutorial, machine: string): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  const next = version.replace(/\d+$/, (patch) => `${Number(patch) + 1}`)
  const first = values.from === undefined ? root : join(temp, 'first')
  if (values.from !== undefined) checkOut(root, values.from, first)

  const home = join(machine, 'root')
  mkdirSync(join(home, 'next'))
  const build = values.npm ? packNpm : buildDeb
  for (const [from, one, folder] of [
    [first, version, home],
    [root, next, join(home, 'next')],
  ] as const) {
    const made = build(from, one, temp)
    copyFileSync(made, join(folder, basename(made)))
  }
  const installed = values.npm ? npmPackage(root, next) : debianPackage(next)
  if (values.npm) runOnline(machine, npmInstallation(first))
  const commands = values.npm ? npmTutorial(first, name) : scriptOf(readSteps(first, name))

  const said = await (async () => {
    await using debian = await boot(machine)
    const all = await debian.run(`${commands}kill %1\n`)
    await debian.run(beforehand(name))
    return all
  })()
  const seconds = /20 reports of 40 KB in (\d+) s/.exec(said)?.[1]
  if (!(Number(seconds) < LIMIT_S)) throw new Error(`20 reports of 40 KB took ${seconds} s`)
  console.error(`20 reports of 40 KB in ${seconds} s`)
  await using again = await boot(machine)
  const rest = await again.run(afterwards(name, installed))
  for (const [figure] of rest.matchAll(/^(what waited|upgraded) .*$/gm)) console.error(figure)
  const exposure = /Overall exposure level for \S+: (\d+\.\d+)/.exec(rest)?.[1]
  if (!(Number(exposure) < 2)) throw new Error(`the unit's exposure is ${exposure}`)
  console.error(`the ${name} tutorial works: every command, a boot, an upgrade and a removal`)
}

function stop(text: string, code = 1): never {
  console.error(text)
  process.exit(code)
}
