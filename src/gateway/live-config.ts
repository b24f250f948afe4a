import type { Config } from '../config/types.ts'

/** The configuration that is in force: whoever reads a key of `config` when he needs it has the one of now. */
export interface LiveConfig {
  /** never changes itself; each of its keys is that of the configuration in force */
  readonly config: Config
  /** Puts another in force, all of it at once. */
  take(next: Config): void
}

export function createLiveConfig(first: Config): LiveConfig {
  let now = first
  return {
    config: liveView(() => now),
    take(next) {
      now = next
    },
  }
}

/** An object with the same keys, each read at `of()` when it is read. */
export function liveView<T extends object>(of: () => T): T {
  const keys = Object.keys(of()) as (keyof T)[]
  const views = keys.map((key) => [key, { enumerable: true, get: () => of()[key] }] as const)
  return Object.defineProperties({}, Object.fromEntries(views)) as T
}
