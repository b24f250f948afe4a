import type { Finding, Path } from './problems.ts'

export type Env = Readonly<Record<string, string | undefined>>

export const SOLE_VARIABLE = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/

/** The variable that a value consists of, whole: `${NAME}`. */
export function soleVariable(value: string): string | undefined {
  return SOLE_VARIABLE.exec(value)?.[1]
}

/**
 * Puts environment variables in place of `${NAME}` in every string value (never in keys); `$${NAME}` stays `${NAME}`. Values
 * are not expanded again. A variable that is not set is a problem. `keep` says which paths stay as they are written: secrets,
 * whose value must not travel through the configuration.
 */
export function expand(
  value: unknown,
  env: Env,
  problems: Finding[],
  keep: (path: Path) => boolean,
  path: Path = [],
): unknown {
  if (typeof value === 'string') return keep(path) ? value : expandText(value, env, problems, path)
  if (Array.isArray(value)) return value.map((entry, i) => expand(entry, env, problems, keep, [...path, i]))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, entry]) => [key, expand(entry, env, problems, keep, [...path, key])]),
    )
  }
  return value
}

function expandText(value: string, env: Env, problems: Finding[], path: Path): string {
  return value.replace(/\$\$\{|\$\{[^}]*\}?/g, (found) => {
    if (found === '$${') return '${'
    const name = soleVariable(found)
    if (name === undefined) {
      problems.push({ path, message: `"${found}" is not a variable: write \${NAME}, or $\${ for a literal \${` })
      return ''
    }
    const replacement = env[name]
    if (replacement === undefined) {
      problems.push({ path, message: `the environment variable ${name} is not set` })
      return found
    }
    return replacement
  })
}
