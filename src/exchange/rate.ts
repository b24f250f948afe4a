/** Counts what each asker asked within the last minute. */
export interface Rate {
  /** Seconds until it may ask again; undefined where it may now. */
  wait(asker: string, now: number): number | undefined
  count(asker: string, now: number): void
}

const MINUTE = 60_000

export function createRate(most: () => number): Rate {
  const asked = new Map<string, number[]>()
  const recent = (asker: string, now: number) => (asked.get(asker) ?? []).filter((at) => at <= now && at > now - MINUTE)
  return {
    wait(asker, now) {
      const times = recent(asker, now)
      const first = times.at(-most())
      return first === undefined ? undefined : Math.max(1, Math.ceil((first + MINUTE - now) / 1000))
    },
    count(asker, now) {
      asked.set(asker, [...recent(asker, now), now])
    },
  }
}
