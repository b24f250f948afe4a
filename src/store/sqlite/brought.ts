import type { DatabaseSync } from 'node:sqlite'
import type { NewEnvelope } from '../contract.ts'
import type { Incidents } from './incidents.ts'
import { sameInSql, toKey } from './keys.ts'
import { one } from './sql.ts'

/** What a message has brought until now, so that the database is asked once for what many deliveries of it have in common. */
export interface Brought {
  /** Had any delivery this item before, or went out as it, or is it among those that this destination has got by now? */
  isMet(item: string, destination: number): boolean
  /** May a document wait for it? */
  isAwaited(item: string): boolean
  /** Its number. */
  incident(key: string): number
  /** Can nobody be in this line? Whoever asks is, from then on. */
  isNewLine(destination: number, incident: string, origin: string): boolean
  /** The number of what is to be sent, which `keep` finds the first time. */
  body(text: string, keep: () => number): number
  /** Something that was to be sent is gone, perhaps of this message. */
  droppedBody(): void
  /** This destination has got it. */
  stored(item: string, destination: number): void
}

interface Met {
  readonly met: number
  readonly awaited: number
}

/** For each message a new one, inside the transaction that stores it. */
export function createBrought(db: DatabaseSync, incidents: Incidents): (message: NewEnvelope) => Brought {
  const whatIs = one<Met>(
    db,
    `SELECT EXISTS (SELECT 1 FROM delivery WHERE ${sameInSql('item', '?1')}) OR EXISTS (SELECT 1 FROM delivery WHERE name = ?1 AND name > '') AS met,
       EXISTS (SELECT 1 FROM document_item WHERE item = ?2) AS awaited`,
  )
  return ({ deliveries }) => {
    const items = new Map<string, Met>()
    /** of incidents that nothing was known of */
    const fresh = new Set<string>()
    const lines = new Set<string>()
    const stored = new Set<string>()
    const bodies = new Map<string, number>()
    const bringsDocument = deliveries.some(({ group }) => group !== undefined)

    function before(item: string): Met {
      const known = items.get(item)
      if (known !== undefined) return known
      const found = whatIs(toKey(item), item)!
      items.set(item, found)
      return found
    }

    return {
      isMet: (item, destination) => before(item).met === 1 || stored.has(`${destination} ${item}`),
      isAwaited: (item) => bringsDocument || before(item).awaited === 1,
      incident(key) {
        const { id, isNew } = incidents.require(key)
        if (isNew) fresh.add(key)
        return id
      },
      isNewLine(destination, incident, origin) {
        if (!fresh.has(incident)) return false
        const line = JSON.stringify([destination, incident, origin])
        if (lines.has(line)) return false
        lines.add(line)
        return true
      },
      body(text, keep) {
        if (deliveries.length === 1) return keep()
        const number = bodies.get(text) ?? keep()
        bodies.set(text, number)
        return number
      },
      droppedBody: () => bodies.clear(),
      stored: (item, destination) => void stored.add(`${destination} ${item}`),
    }
  }
}
