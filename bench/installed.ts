import { execFileSync } from 'node:child_process'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../test/support/command.ts'

/** The gateway as npm installs it: compiled, so that no thread loads what strips types. */
export interface Installed extends AsyncDisposable {
  readonly launcher: string
}

export async function install(): Promise<Installed> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-installed-'))
  const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  const project = join(ROOT, 'tsconfig.build.json')
  execFileSync(process.execPath, [compiler, '-p', project, '--outDir', join(folder, 'dist')], { cwd: ROOT })
  for (const part of ['bin', 'schemas', 'package.json']) {
    await cp(join(ROOT, part), join(folder, part), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return {
    launcher: join(folder, 'bin', 'iodef-gateway'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}
