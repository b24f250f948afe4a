import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { execForm, type Instruction, ROOT, readCopy, type Stage } from './parse.ts'

/** What the last stage came to: its file tree, and what it would run. */
export interface Image {
  readonly root: string
  readonly entrypoint: readonly string[]
  readonly healthcheck: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** Does the steps of each stage in a directory of its own below `folder`. Throws when one fails. */
export function buildImage(stages: readonly Stage[], folder: string, say: (line: string) => void): Image {
  const roots = new Map<string, string>()
  let image: Image | undefined
  for (const stage of stages) {
    const root = join(folder, `stage-${stage.name}`)
    mkdirSync(root, { recursive: true })
    roots.set(stage.name, root)
    image = buildStage(stage, root, roots, say)
  }
  if (image === undefined) throw new Error('there is no stage')
  return image
}

function buildStage(
  stage: Stage,
  root: string,
  roots: ReadonlyMap<string, string>,
  say: (line: string) => void,
): Image {
  let workdir = '/'
  let entrypoint: string[] = []
  let healthcheck: string[] = []
  const env: Record<string, string> = {}
  const inside = (path: string) => join(root, path.startsWith('/') ? path : join(workdir, path))
  for (const instruction of stage.instructions) {
    const { name, rest } = instruction
    if (name === 'WORKDIR') {
      workdir = rest
      mkdirSync(join(root, workdir), { recursive: true })
    } else if (name === 'ENV') {
      const [key = '', value = ''] = rest.split('=')
      env[key] = value
    } else if (name === 'COPY') copy(rest, inside, roots)
    else if (name === 'RUN') runStep(instruction, join(root, workdir), say)
    else if (name === 'ENTRYPOINT') entrypoint = execForm(rest) ?? []
    else if (name === 'HEALTHCHECK') healthcheck = execForm(rest.replace(/^.*?\bCMD\s+/s, '')) ?? []
  }
  return { root, entrypoint, healthcheck, env }
}

function copy(rest: string, inside: (path: string) => string, roots: ReadonlyMap<string, string>): void {
  const { from, sources, to } = readCopy(rest)
  const base = from === undefined ? ROOT : roots.get(from)
  if (base === undefined) throw new Error(`there is no stage ${from}`)
  for (const source of sources) {
    const target = to.endsWith('/') ? join(inside(to), basename(source)) : inside(to)
    // links of npm's bin directory stay links
    cpSync(join(base, source), target, { recursive: true, verbatimSymlinks: true })
  }
}

/** Steps that make users or directories of the system need root and an engine: they are named, not done. */
function runStep({ line, rest }: Instruction, cwd: string, say: (line: string) => void): void {
  if (!rest.startsWith('npm ')) {
    say(`  line ${line}: left out (needs an engine): ${rest}`)
    return
  }
  say(`  line ${line}: ${rest}`)
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`
  const clean = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('npm_')))
  const npm = { npm_config_prefer_offline: 'true', npm_config_update_notifier: 'false', NODE_USE_SYSTEM_CA: '1' }
  const env = { ...clean, ...npm, PATH: path }
  const { status, stdout, stderr } = spawnSync('sh', ['-ec', rest], { cwd, env, encoding: 'utf8', timeout: 300_000 })
  if (status !== 0) throw new Error(`line ${line} failed (${status}): ${rest}\n${stdout}${stderr}`)
}
