import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface Instruction {
  readonly line: number
  /** upper case */
  readonly name: string
  readonly rest: string
}

export interface Stage {
  /** what FROM says */
  readonly base: string
  /** AS, or its number */
  readonly name: string
  /** without FROM */
  readonly instructions: readonly Instruction[]
}

export function readDockerfile(file = join(ROOT, 'Dockerfile')): Stage[] {
  return parseDockerfile(readFileSync(file, 'utf8'))
}

/** Comments, continued lines and stages: as much of the format as is used here. Throws on what comes before FROM. */
export function parseDockerfile(text: string): Stage[] {
  const stages: { base: string; name: string; instructions: Instruction[] }[] = []
  for (const { line, name, rest } of instructions(text)) {
    if (name === 'FROM') {
      const [, base = '', alias] = /^(\S+)(?:\s+AS\s+(\S+))?$/i.exec(rest) ?? []
      stages.push({ base, name: alias ?? String(stages.length), instructions: [] })
      continue
    }
    const stage = stages.at(-1)
    if (stage === undefined) throw new Error(`line ${line}: ${name} before FROM`)
    stage.instructions.push({ line, name, rest })
  }
  return stages
}

function instructions(text: string): Instruction[] {
  const found: Instruction[] = []
  let open: { line: number; text: string } | undefined
  for (const [i, row] of text.split('\n').entries()) {
    if (/^\s*(#|$)/.test(row)) continue
    const continued = /\\\s*$/.test(row)
    const part = row.replace(/\\\s*$/, '').trim()
    open = open === undefined ? { line: i + 1, text: part } : { ...open, text: `${open.text} ${part}` }
    if (continued) continue
    const [, name = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(open.text) ?? []
    found.push({ line: open.line, name: name.toUpperCase(), rest })
    open = undefined
  }
  return found
}

/** A COPY without options but --from and --chown. */
export function readCopy(rest: string): { from: string | undefined; sources: string[]; to: string } {
  const words = rest.split(/\s+/)
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length)
  const paths = words.filter((word) => !word.startsWith('--'))
  return { from, sources: paths.slice(0, -1), to: paths.at(-1) ?? '' }
}

/** The JSON array of an exec form; undefined for a shell form. */
export function execForm(rest: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(rest)
    return Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : undefined
  } catch {
    return undefined
  }
}
