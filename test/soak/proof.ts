import type { Broker } from '../support/brokers.ts'

/** What every proof is told. `say` gets a line of progress now and then. */
export interface ProofOptions {
  readonly kind: Broker['kind']
  /** how often, or (for faults of time) how many seconds */
  readonly count: number
  readonly seed: number
  readonly say: (line: string) => void
}

/** What a proof found. Any entry in `failures` means that it failed. */
export interface Findings {
  readonly figures: Readonly<Record<string, number | string>>
  readonly failures: readonly string[]
}

export type Proof = (options: ProofOptions) => Promise<Findings>

/** Collects failures, a few of each kind in words, the rest counted. */
export function createFailures() {
  const counts = new Map<string, number>()
  const list: string[] = []
  return {
    list,
    add(kind: string, particulars: string): void {
      const n = (counts.get(kind) ?? 0) + 1
      counts.set(kind, n)
      if (n <= 3) list.push(`${kind}: ${particulars}`)
    },
    all(): string[] {
      const more = [...counts].filter(([, n]) => n > 3).map(([kind, n]) => `${kind}: ${n} in all`)
      return [...list, ...more]
    },
  }
}
