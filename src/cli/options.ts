import { existsSync } from 'node:fs'
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { loadConfig } from '../config/config.ts'
import type { Config } from '../config/types.ts'
import { didYouMean } from '../did-you-mean.ts'
import { messageOf } from '../errors.ts'
import { type Io, UsageError } from './output.ts'

type Parsed<T extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>

/**
 * `parseArgs`, with its errors turned into words and a suggestion. `ids`: what begins with a hyphen and
 * can be no option of ours is an argument, since strangers' identifiers begin as they like.
 */
export function parse<const T extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: T,
  { ids = false }: { readonly ids?: boolean } = {},
): Parsed<T> {
  try {
    return parseArgs({ args: ids ? idsLast(args, options) : [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    const message = messageOf(error)
    const unknown = /^Unknown option '(--?[^']+)'/.exec(message)?.[1]
    if (unknown !== undefined) {
      const known = Object.keys(options).map((name) => `--${name}`)
      const behind = ids ? '; an ID that begins like one stands behind "--"' : ''
      throw new UsageError(`there is no option ${unknown}${didYouMean(unknown, known)}${behind}`)
    }
    const [, word = '', what] =
      /^Option '(?:-\w, )?([^ ']+).* (ambiguous|missing|does not take an argument)\b/.exec(message) ?? []
    const option = Object.entries(options).find(
      ([name, { short }]) => word === `--${name}` || word === `-${short}`,
    )?.[0]
    if (option === undefined) throw new UsageError(message.split('\n')[0]?.replace(/\.$/, ''))
    const i = args.findIndex((arg, k) => arg === word && /^-./.test(args[k + 1] ?? ''))
    const next = args[i + 1] ?? ''
    // no option is a number: who takes the value says what is wrong with it
    if (i >= 0 && /^-\d/.test(next)) return parse(args.toSpliced(i, 2, `--${option}=${next}`), options)
    if (i >= 0 && what === 'ambiguous') throw new UsageError(`--${option} needs a value, and "${next}" is an option`)
    throw new UsageError(`--${option} ${what === 'does not take an argument' ? 'takes no value' : 'needs a value'}`)
  }
}

/** The same arguments with those that only look like options behind `--`. */
function idsLast(args: readonly string[], options: ParseArgsOptionsConfig): string[] {
  const shorts = Object.values(options).flatMap(({ short }) => (short === undefined ? [] : [`-${short}`]))
  const end = args.indexOf('--')
  const ids: string[] = []
  const kept: string[] = []
  for (const arg of end < 0 ? args : args.slice(0, end)) {
    const isOption = /^--[a-z]/i.test(arg) || shorts.includes(arg.slice(0, 2))
    // behind an option that takes a value it is that value
    const isValue = options[kept.at(-1)?.slice(2) ?? '']?.type === 'string'
    if (arg.startsWith('-') && !isOption && !isValue) ids.push(arg)
    else kept.push(arg)
  }
  if (end >= 0) ids.push(...args.slice(end + 1))
  return ids.length === 0 ? kept : [...kept, '--', ...ids]
}

export const CONFIG = { config: { type: 'string', short: 'c' } } as const

/** Where a configuration is looked for when none is named: beside whoever asks, and where a package puts it. */
const PLACES = ['gateway.yaml', '/etc/iodef-gateway/gateway.yaml']

/** What `--config` names, or IODEF_GATEWAY_CONFIG, or the first of those places. Throws UsageError when there is none. */
export function configFile(values: { config?: string | undefined }, io: Io): string {
  const named = values.config ?? (io.env.IODEF_GATEWAY_CONFIG || undefined)
  if (named !== undefined) return required(named, '--config FILE')
  const found = PLACES.find((place) => existsSync(place))
  if (found !== undefined) return found
  throw new UsageError(`--config FILE is missing, and there is no ${PLACES.join(', nor ')}`)
}

/** Loads the configuration; throws UsageError when there is none, ConfigError for what is wrong in it. */
export function configOf(values: { config?: string | undefined }, io: Io): Config {
  return loadConfig(configFile(values, io), io.env)
}

/** The same for what never logs in: neither the password nor what says where it is need be known. */
export function configWithoutLogin(values: { config?: string | undefined }, io: Io): Config {
  return loadConfig(configFile(values, io), io.env, { secrets: false })
}

/** Which of its actions a command is asked for; throws UsageError for none, and for another. */
export function actionOf<const T extends string>(
  command: string,
  written: string | undefined,
  actions: readonly T[],
): T {
  if (written === undefined) throw new UsageError(`${actions.slice(0, -1).join(', ')} or ${actions.at(-1)}?`)
  const known = actions.find((one) => one === written)
  if (known !== undefined) return known
  throw new UsageError(`there is no "${command} ${written}"${didYouMean(written, actions)}`)
}

/** The states that `--state A,B` names, of those there are. */
export function statesOf<const T extends string>(written: string | undefined, states: readonly T[]): T[] | undefined {
  return written?.split(',').map((word) => {
    const state = states.find((one) => one === word.trim())
    if (state === undefined) throw new UsageError(`"${word}" is no state; there are ${states.join(', ')}`)
    return state
  })
}

export function required(value: string | undefined, what: string): string {
  if (value === undefined || value === '') throw new UsageError(`${what} is missing`)
  return value
}

export function nothingMore(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" is one argument too many`)
}

/** A whole number of at least 1. */
export function count(value: string | undefined, name: string): number | undefined {
  if (value === undefined) return undefined
  if (!/^[1-9]\d{0,8}$/.test(value)) throw new UsageError(`${name} takes a number from 1`)
  return Number(value)
}
