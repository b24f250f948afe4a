/** Modes, checksums and DEBIAN/: what makes a folder a package. */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type About, controlFile } from './control.ts'
import { CONFFILES, MODES } from './tree.ts'

/** Whatever umask and checkout had, modes are as the package wants them; `scripts`: the folder of postinst and the others. */
export function seal(scripts: string, tree: string, about: About): void {
  chmodSync(tree, 0o755)
  const sums: string[] = []
  let size = 0
  for (const path of readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort()) {
    const full = join(tree, path)
    // what lies behind a link to a folder is listed under its own name
    if (realpathSync(dirname(full)) !== dirname(full)) continue
    const stat = lstatSync(full)
    size += stat.isFile() ? Math.ceil(stat.size / 1024) : 1
    if (stat.isSymbolicLink()) continue
    chmodSync(full, MODES[path] ?? (stat.isDirectory() ? 0o755 : 0o644))
    if (!stat.isFile() || CONFFILES.includes(`/${path}`)) continue
    sums.push(`${createHash('md5').update(readFileSync(full)).digest('hex')}  ${path}\n`)
  }
  const debian = join(tree, 'DEBIAN')
  mkdirSync(debian)
  for (const script of readdirSync(scripts)) {
    copyFileSync(join(scripts, script), join(debian, script))
    chmodSync(join(debian, script), 0o755)
  }
  for (const [file, text] of [
    ['control', controlFile(about, size)],
    ['conffiles', CONFFILES.map((path) => `${path}\n`).join('')],
    ['md5sums', sums.join('')],
  ] as const) {
    writeFileSync(join(debian, file), text)
    chmodSync(join(debian, file), 0o644)
  }
  chmodSync(debian, 0o755)
}
