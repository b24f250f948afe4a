/** What is installed on the machine of a tutorial, made here. */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'

/** The Debian package of what is in `root`, with this version, in the folder `out`: its path. */
export function buildDeb(root: string, version: string, out: string): string {
  const args = [join(root, 'scripts/deb.ts'), '--quick', '--version', version, '--out', out]
  return must(root, process.execPath, args).trim()
}

/** The files of a commit of this repository, in the new folder `to`, with the npm packages that are here, or without. */
export function checkOut(root: string, revision: string, to: string, { packages = true } = {}): void {
  mkdirSync(to)
  must(root, 'sh', ['-c', 'git archive "$1" | tar -x -C "$2"', 'sh', revision, to])
  if (packages) symlinkSync(join(root, 'node_modules'), join(to, 'node_modules'))
}

/** What `npm pack` makes of what is in `root`, with this version, in the folder `out`: its path. Leaves the checkout as it was. */
export function packNpm(root: string, version: string, out: string): string {
  const copy = join(out, `npm-${version}`)
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] }
  const needed = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/node', 'src', ...files]
  for (const path of needed.filter((one) => one !== 'dist' && existsSync(join(root, one))))
    cpSync(join(root, path), join(copy, path), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  must(copy, 'npm', ['run', '--silent', 'build'])
  must(copy, 'npm', ['version', '--silent', '--no-git-tag-version', '--allow-same-version', version])
  // without prepack, which would install anew what is only linked to here
  const name = must(copy, 'npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', out]).trim()
  return join(out, name)
}

function must(cwd: string, program: string, args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${program} ${args[0]}: ${error?.message ?? stdout + stderr}`)
  return stdout
}
