import type { Clock } from '../clock.ts'
import type { DestinationKind } from '../vocabulary.ts'

/** What came from one source, or went to one destination, since the start. */
export type Figure =
  | { readonly way: 'in'; readonly name: string; readonly done: number; readonly failed: number; readonly last: number }
  | {
      readonly way: 'out'
      readonly kind: DestinationKind
      readonly name: string
      readonly done: number
      readonly failed: number
      /** ms since the epoch; 0: not since the start */
      readonly last: number
    }

/** The same, and how much of it was of late. */
export type Flow = Figure & { readonly lately: number }

/** ms that a sample stands for, and how many are kept: 5 minutes */
export const SAMPLE = 10_000
const KEPT = 30

/** Says of counters how far they went in the last minutes: `sample` is to be called every `SAMPLE`. */
export function createFlow(clock: Pick<Clock, 'now'>, read: () => Promise<readonly Figure[]>) {
  let samples: { readonly at: number; readonly done: ReadonlyMap<string, number> }[] = []
  const done = (figures: readonly Figure[]) => new Map(figures.map((one) => [keyOf(one), one.done]))
  return {
    async sample(): Promise<void> {
      const at = clock.now()
      const figures = await read()
      // where the clock went back, what was seen before says nothing
      samples = [...samples.filter((one) => one.at < at), { at, done: done(figures) }].slice(-KEPT - 1)
    },
    async read(): Promise<Flow[]> {
      const from = clock.now() - SAMPLE * KEPT
      // the counters began at 0 with the process: until there are samples enough, all is of late
      const before = samples.findLast(({ at }) => at <= from)?.done
      return (await read()).map((one) => ({ ...one, lately: one.done - (before?.get(keyOf(one)) ?? 0) }))
    },
  }
}

export type FlowMeter = ReturnType<typeof createFlow>

function keyOf(one: Figure): string {
  return `${one.way} ${one.way === 'out' ? one.kind : ''} ${one.name}`
}
