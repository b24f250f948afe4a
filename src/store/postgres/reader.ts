import { GatewayError } from '../../errors.ts'
import { ask, drop, isOfConnection, openSessions, type Place, type Sessions } from './connect.ts'
import { storeError } from './faults.ts'
import { inTime } from './in-time.ts'
import type { Db } from './sql.ts'

/** as many reads at a time as there may well be */
const SESSIONS = 4

/** Asks, each by itself, on connections of its own: nobody who looks at the queue waits for who writes. */
export interface Reader extends AsyncDisposable {
  readonly db: Db
  /** The error is the gateway's own. `ms`: that it may take, where somebody waits who cannot for long. */
  read<T>(query: () => Promise<T>, ms?: number): Promise<T>
}

/** `name`: what its connections are called at the server. */
export function createReader(place: Place, patience: number, name = 'reads', most = SESSIONS): Reader {
  const open = () =>
    openSessions(place, {
      ...{ name, sessions: most },
      parameters: { statement_timeout: patience, synchronous_commit: 'on' },
    })
  let sessions: Sessions = open()
  let closed = false

  /** Of several that meet the same loss, the first one sees to it. */
  function renew(met: Sessions): void {
    if (sessions !== met || closed) return
    drop(met)
    sessions = open()
  }

  return {
    db: {
      query(text, values, once) {
        if (sessions.isLost()) renew(sessions)
        return ask(sessions.sql, text, values, once)
      },
    },
    async read(query, ms = patience) {
      if (closed) throw new GatewayError('store-unavailable', 'The store is closed.')
      const asked = sessions
      try {
        return await inTime(Math.min(ms, patience), 'a question', query())
      } catch (error) {
        if (isOfConnection(error)) renew(asked)
        throw storeError(error)
      }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      await sessions.sql.end({ timeout: 1 })
    },
  }
}
