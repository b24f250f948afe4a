import { GatewayError, messageOf } from '../errors.ts'

export type Path = readonly (string | number)[]

/** A problem that is not yet looked up in the file. */
export interface Finding {
  readonly path: Path
  readonly message: string
}

/** One thing wrong with the configuration, or worth a word. */
export interface Problem {
  /** key path, as `peers[0].identity.dns`; '' for the file as a whole */
  readonly path: string
  readonly message: string
  /** in the file, from 1 */
  readonly line?: number
}

/** Carries every problem of a configuration at once. */
export class ConfigError extends GatewayError {
  readonly file: string
  readonly problems: readonly Problem[]

  constructor(file: string, problems: readonly Problem[]) {
    super('config-invalid', problems.map((p) => describe(p)).join('; '))
    this.name = 'ConfigError'
    this.file = file
    this.problems = problems
  }
}

export function pathText(path: Path): string {
  return path.map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`)).join('')
}

/** What pathText made. */
export function pathParts(text: string): Path {
  const parts = text.match(/[^.[\]]+/g) ?? []
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

/** `peers[0].url: must be https (line 12)` */
export function describe({ path, message, line }: Problem): string {
  return `${path === '' ? '' : `${path}: `}${message}${line === undefined ? '' : ` (line ${line})`}`
}

/** What the system says of a file, without the call and the path: `no such file or directory`. */
export function osReason(error: unknown): string {
  if (error instanceof Error && 'code' in error && error.code === 'EISDIR') return 'it is a directory'
  return messageOf(error).replace(/^[A-Z0-9]+: (.*?)(, \w+)?( '.*')?( -> '.*')?$/s, '$1')
}
