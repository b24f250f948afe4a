import { hostname } from 'node:os'
import type { Entry, Head } from '../audit/chain.ts'
import type { Config } from '../config/types.ts'
import type { TraceEvent } from '../store/contract.ts'

/** what rows of the trace are called that say what the last entry of a gateway's log was */
export const HEAD = 'audit-head'

/** What this gateway is called in the logs of those that share its store: it stays from one start to the next. Undefined: nobody does. */
export function nameOf({ store, rid }: Pick<Config, 'store' | 'rid'>): string | undefined {
  return store.postgres === undefined ? undefined : `${hostname()}:${rid.port}`
}

/** Said through the store to the others: whoever cuts or replaces one of the logs has all of them to change. */
export function headRow(gateway: string, { seq, hash }: Head, at: number): TraceEvent {
  return { at, incident: '', event: HEAD, fields: { gateway, entry: seq, hash } }
}

/** Another's, as our own log has it; undefined for our own. */
export function headTold({ fields: { gateway, entry, hash } }: TraceEvent, own: string | undefined): Entry | undefined {
  return gateway === own ? undefined : { who: `gateway:${gateway}`, what: HEAD, entry, hash }
}
