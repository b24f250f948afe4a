/**
 * Checks the Dockerfile and examples/compose.yaml without an engine: looks for what should not be in it, then does its steps in a temp directory with the
 * tools of this machine and runs what comes out. `--lint` only looks.
 *   node scripts/docker-check.ts [--lint]
 * Exit code 0 good, 1 not.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildImage } from './docker/build.ts'
import { lintCompose, readCompose } from './docker/compose.ts'
import { lint } from './docker/lint.ts'
import { readDockerfile } from './docker/parse.ts'
import { tryImage } from './docker/try.ts'

const stages = readDockerfile()
const faults = lint(stages)
for (const fault of faults) console.error(`Dockerfile: ${fault}`)
// what `init` makes is not here
const composed = lintCompose(readCompose(), (path) => path.includes('mygateway') || existsSync(path))
for (const fault of composed) console.error(`compose.yaml: ${fault}`)
if (faults.length + composed.length > 0) process.exit(1)
console.error(`Dockerfile: ${stages.length} stages, nothing to complain of`)

if (!process.argv.includes('--lint')) {
  const folder = mkdtempSync(join(tmpdir(), 'docker-check-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const image = buildImage(stages, folder, (line) => console.error(line))
  console.error(tryImage(image))
}
