import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { loadConfig } from '../config/config.ts'
import { didYouMean } from '../config/nearest.ts'
import type { Config } from '../config/types.ts'
import { type Io, UsageError } from './output.ts'

/** `parseArgs`, with its errors turned into words and a suggestion. */
export function parse<const T extends ParseArgsOptionsConfig>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true })
  } catch (error) {
    const unknown = /^Unknown option '(--?[^']+)'/.exec(error instanceof Error ? error.message : '')?.[1]
    if (unknown !== undefined) {
      const known = Object.keys(options).map((name) => `--${name}`)
      throw new UsageError(`there is no option ${unknown}${didYouMean(unknown, known)}`)
    }
    throw new UsageError((error instanceof Error ? error.message : String(error)).split('\n')[0]?.replace(/\.$/, ''))
  }
}

export const CONFIG = { config: { type: 'string', short: 'c' } } as const

/** Loads what `--config` names; throws UsageError without it, ConfigError for what is wrong in it. */
export function configOf(values: { config?: string | undefined }, io: Io): Config {
  return loadConfig(required(values.config, '--config FILE'), io.env)
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
