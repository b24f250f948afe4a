import type { Events, Happening } from '../events.ts'
import type { Acceptor } from '../store/contract.ts'

/** Rows of the trace that one peer's refusals may have in a day: at some 300 bytes each they are kept for 400 days. */
const REFUSALS = 2000

/** A refusal changes nothing, so a store that cannot note it must not turn it into another answer. */
export async function tellRefusal(
  { store, events }: { readonly store: Pick<Acceptor, 'record'>; readonly events: Pick<Events, 'refusalsNotTraced'> },
  peer: string,
  { trace, tell }: Happening,
): Promise<void> {
  tell()
  if (trace.length === 0) return
  const notTraced = (rows: number) => events.refusalsNotTraced(peer, rows)
  const rest = (rows: number) => notTraced(rows).trace[0]!
  const left = await store.record(trace, { source: peer, most: REFUSALS, rest }).catch(() => 0)
  // the first of the day
  if (left > 0 && left <= trace.length) notTraced(left).tell()
}
