import { GatewayError } from '../../errors.ts'
import { ask, inTime, openSessions, type Place, type Sessions } from './connect.ts'
import { storeError } from './faults.ts'
import type { Db } from './sql.ts'

/** as many reads at a time as there may well be */
const SESSIONS = 4

/** Reads, each by itself, on connections of their own: nobody who looks at the queue waits for who writes. */
interface Reader extends AsyncDisposable {
  readonly db: Db
  /** The error is the gateway's own. */
  read<T>(query: () => Promise<T>): Promise<T>
}

export function createReader(place: Place, patience: number): Reader {
  const open = () =>
    openSessions(place, { name: 'reads', sessions: SESSIONS, parameters: { statement_timeout: patience } })
  let sessions: Sessions = open()
  let closed = false

  return {
    db: { query: (text, values, once) => ask(sessions, text, values, once) },
    async read(query) {
      if (closed) throw new GatewayError('store-unavailable', 'The store is closed.')
      try {
        return await inTime(patience, 'a question', query())
      } catch (error) {
        const failure = storeError(error)
        // one that hangs is given up with all of its kind
        if (error instanceof GatewayError && !closed) {
          void sessions.end({ timeout: 0 }).catch(() => {})
          sessions = open()
        }
        throw failure
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      await sessions.end({ timeout: 1 })
    },
  }
}
