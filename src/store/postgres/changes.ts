import { hash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { destinationKey } from '../../vocabulary.ts'
import type { Change } from '../contract.ts'
import { openSessions, type Place } from './connect.ts'
import type { Db } from './sql.ts'

/** ms between two that are told */
const PAUSE = 50
/** ms that what hardly anybody waits for waits for something else to tell */
const LATER = 1000
/** More than that is told as anything: NOTIFY takes less than 8,000 bytes. */
const MOST = 4000

/** What others write is told to us by the server (LISTEN, NOTIFY), and what we write to them. */
interface Changes extends AsyncDisposable {
  /** Something others may want to know of is committed. Told behind the commit: a NOTIFY inside would make all commits wait in turn. */
  tell(change: Change): void
  /** Of use to somebody who carries on what is left here: not soon. */
  tellLater(): void
  /** Those here, too: what was done was not asked for by anybody here. */
  tellOurselves(): void
  on(listener: (change: Change) => void): Disposable
}

export function createChanges(place: Place, db: Db, owner: string): Changes {
  // a name of a channel has 63 bytes, as that of a schema has
  const channel = `iodef_${hash('sha256', place.schema, 'hex').slice(0, 32)}`
  const listeners = new Set<(change: Change) => void>()
  const sessions = openSessions(place, { name: 'news', sessions: 1 })
  let news: Change[] = []
  let telling: Promise<void> | undefined
  let later: NodeJS.Timeout | undefined
  let isListening = false
  let closed = false

  const told = (change: Change) => {
    for (const listener of listeners) listener(change)
  }
  const missed = () => told('anything')

  /** Until it is said so: what was told meanwhile, was not heard, so whoever listens looks anew. */
  async function listen(): Promise<void> {
    while (!closed) {
      try {
        await sessions.sql.listen(
          channel,
          (text) => {
            if (!text.startsWith(owner)) told(changeOf(text))
          },
          once(missed),
        )
        return
      } catch {
        await sleep(1000, undefined, { ref: false })
      }
    }
  }

  async function tellAll(): Promise<void> {
    while (news.length > 0) {
      clearTimeout(later)
      later = undefined
      const changes = news
      news = []
      for (const change of together(changes)) {
        // nobody to tell is no failure: whoever listens looks anew when the server is back
        await db.query('SELECT pg_notify($1, $2)', [channel, `${owner} ${JSON.stringify(change)}`]).catch(() => {})
      }
      if (!closed) await sleep(PAUSE, undefined, { ref: false })
    }
    telling = undefined
  }

  function tell(change: Change): void {
    news.push(change)
    if (!closed) telling ??= tellAll()
  }

  return {
    tell,
    tellLater() {
      later ??= setTimeout(() => tell('anything'), LATER).unref()
    },
    tellOurselves() {
      told('roster')
      told('anything')
    },
    on(listener) {
      listeners.add(listener)
      if (!isListening) void listen()
      isListening = true
      return { [Symbol.dispose]: () => void listeners.delete(listener) }
    },
    async [Symbol.asyncDispose]() {
      if (later !== undefined) tell('anything')
      closed = true
      listeners.clear()
      // a server that says nothing keeps nobody from ending
      await Promise.race([telling, sleep(1000, undefined, { ref: false })])
      await sessions.sql.end({ timeout: 1 })
    },
  }
}

/** What is to be told of all these. */
function together(changes: readonly Change[]): readonly Change[] {
  const rest = changes.includes('roster') ? (['roster'] as const) : []
  const named = changes.filter((change) => typeof change !== 'string').flat()
  if (named.length === 0 && !changes.includes('anything')) return rest
  const each = new Map(named.map(({ kind, destination }) => [destinationKey(kind, destination), { kind, destination }]))
  const all = [...each.values()]
  const isAnything = changes.includes('anything') || Buffer.byteLength(JSON.stringify(all)) > MOST
  return [...rest, isAnything ? 'anything' : all]
}

/** Behind whose it is; a gateway of another version may say no more than that, or something else. */
function changeOf(text: string): Change {
  const [, said] = /^\S+ (\[.*\]|"roster")$/s.exec(text) ?? []
  try {
    return said === undefined ? 'anything' : (JSON.parse(said) as Change)
  } catch {
    return 'anything'
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
