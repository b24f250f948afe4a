/**
 * `npm run deb`: the Debian package, with the program compiled, what it depends on, and the Node.js it runs on.
 *   npm run deb [-- --out FOLDER] [--version VERSION] [--quick]
 * `--quick` does not compress. DEBFULLNAME and DEBEMAIL name the maintainer, SOURCE_DATE_EPOCH the time.
 * Prints the path of the package. Exit code 3: no dpkg-deb here.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { type About, debianVersion } from './deb/control.ts'
import { readHelp } from './deb/help.ts'
import { seal } from './deb/seal.ts'
import { layTree } from './deb/tree.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const { values } = parseArgs({
  options: { out: { type: 'string', default: '.' }, version: { type: 'string' }, quick: { type: 'boolean' } },
})

const epoch = process.env.SOURCE_DATE_EPOCH
const { DEBFULLNAME = 'iodef-gateway', DEBEMAIL = 'iodef-gateway@gateway.example' } = process.env
const help = await readHelp()
const about: About = {
  version: values.version ?? help.version,
  architecture: process.arch === 'x64' ? 'amd64' : process.arch,
  maintainer: `${DEBFULLNAME} <${DEBEMAIL}>`,
  date: epoch === undefined ? new Date() : new Date(Number(epoch) * 1_000),
}
if (spawnSync('dpkg-deb', ['--version']).error) stop('there is no dpkg-deb here: build the package on Debian', 3)

const tree = realpathSync(mkdtempSync(join(tmpdir(), 'deb-')))
process.once('exit', () => rmSync(tree, { recursive: true, force: true }))
const tsc = join(root, 'node_modules/typescript/bin/tsc')
const dist = join(tree, 'usr/lib/iodef-gateway/dist')
run(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', dist])
layTree(root, tree, about, help)
seal(join(root, 'scripts/deb/control'), tree, about)

mkdirSync(values.out, { recursive: true })
const file = resolve(values.out, `iodef-gateway_${debianVersion(about.version)}_${about.architecture}.deb`)
const date = Math.floor(about.date.getTime() / 1_000)
run('dpkg-deb', ['--root-owner-group', ...(values.quick ? ['-Znone'] : ['-Zxz']), '--build', tree, file], {
  SOURCE_DATE_EPOCH: `${date}`,
})
console.log(file)

function run(program: string, args: string[], env: Record<string, string> = {}): void {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, ...env } })
  if (status !== 0) stop(`${program} ${args[0]}: ${stdout}${stderr}`)
}

function stop(text: string, code = 1): never {
  console.error(text)
  process.exit(code)
}
