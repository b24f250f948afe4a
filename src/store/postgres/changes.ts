import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { openSessions, type Place } from './connect.ts'
import type { Db } from './sql.ts'

/** ms between two that are told: whoever hears one looks at all there is */
const PAUSE = 50

/** What others write is told to us by the server (LISTEN, NOTIFY), and what we write to them. */
interface Changes extends AsyncDisposable {
  /** Something others may want to know of is committed. Told behind the commit: a NOTIFY inside would make all commits wait in turn. */
  tell(): void
  /** Those here, too: what was done was not asked for by anybody here. */
  tellOurselves(): void
  on(listener: () => void): Disposable
}

export function createChanges(place: Place, db: Db, owner: string): Changes {
  // a name of a channel has 63 bytes, as that of a schema has
  const channel = `iodef_${hash('sha256', place.schema, 'hex').slice(0, 32)}`
  const listeners = new Set<() => void>()
  const sessions = openSessions(place, { name: 'news', sessions: 1 })
  let isNews = false
  let isTelling = false
  let isListening = false
  let closed = false

  const told = () => {
    for (const listener of listeners) listener()
  }

  /** Until it is said so: what was told meanwhile, was not heard, so whoever listens looks anew. */
  async function listen(): Promise<void> {
    while (!closed) {
      try {
        await sessions.sql.listen(
          channel,
          (from) => {
            if (from !== owner) told()
          },
          once(told),
        )
        return
      } catch {
        await sleep(1000, undefined, { ref: false })
      }
    }
  }

  async function tellAll(): Promise<void> {
    while (isNews && !closed) {
      isNews = false
      // nobody to tell is no failure: whoever listens looks anew when the server is back
      await db.query('SELECT pg_notify($1, $2)', [channel, owner]).catch(() => {})
      await sleep(PAUSE, undefined, { ref: false })
    }
    isTelling = false
  }

  return {
    tell() {
      isNews = true
      if (isTelling) return
      isTelling = true
      void tellAll()
    },
    tellOurselves: told,
    on(listener) {
      listeners.add(listener)
      if (!isListening) void listen()
      isListening = true
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    async [Symbol.asyncDispose]() {
      closed = true
      listeners.clear()
      await sessions.sql.end({ timeout: 1 })
    },
  }
}

/** Not at the first time, when nothing can have been missed. */
function once(again: () => void): () => void {
  let isFirst = true
  return () => {
    if (!isFirst) again()
    isFirst = false
  }
}
