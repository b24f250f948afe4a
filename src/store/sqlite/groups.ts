import type { DatabaseSync } from 'node:sqlite'
import { type Joined, marksOf } from '../coding/deliveries.ts'
import type { DeliveryGroup } from '../contract.ts'
import type { Destinations } from './destinations.ts'
import { fromKey, keyInSql, sameInSql, toKey } from './keys.ts'
import { all, one, run } from './sql.ts'

/** Which documents are complete at which destination (DeliveryGroup in the contract). */
export interface Groups {
  /** The group's number at this destination; `seq`, the delivery of `item` about to be stored, is its place when it is new. */
  join(destination: number, group: DeliveryGroup, item: string, seq: number): Joined
  /** What the document consists of, from an item that no delivery is stored of; `seq` as above. */
  tell(group: DeliveryGroup, item: string, seq: number): void
  /** A delivery of this item was stored, or is there already: groups that waited for it alone are complete, and their pending members due. */
  arrived(destination: number, item: string, now: number): void
  describe(grp: number): DeliveryGroup
}

/** Documents whose lists are kept at hand: one that many deliveries are of is asked for each of them. */
const AT_HAND = 64

/** A document has one list for all destinations; each destination has a mark for each place in it that is filled. */
export function createGroups(db: DatabaseSync, destinations: Pick<Destinations, 'touched'>): Groups {
  const findDocument = one<{ seq: number }>(db, 'SELECT seq FROM document WHERE id = ?')
  const insertDocument = run(db, 'INSERT INTO document (seq, id, items, open) VALUES (?, ?, ?, 1)')
  const insertItems = run(
    db,
    `INSERT INTO document_item (item, document, place)
     SELECT value, ?1, min(key) + 1 FROM json_each(?2) GROUP BY value`,
  )
  const find = one<{ seq: number; missing: number }>(
    db,
    'SELECT seq, missing FROM delivery_group WHERE destination = ? AND document = ?',
  )
  const insert = run(
    db,
    'INSERT INTO delivery_group (seq, destination, document, missing, came) VALUES (?, ?, ?, ?, ?)',
  )
  const exists = one(db, `SELECT 1 FROM delivery WHERE ${sameInSql('item', '?1')} AND destination = ?2`)
  const tell = run(db, `UPDATE document SET items = ?1, open = 1 WHERE seq = ?2 AND items = '[]'`)
  const groupsOf = all<{ seq: number; destination: number }>(
    db,
    'SELECT seq, destination FROM delivery_group WHERE document = ?',
  )
  const members = all<{ item: string | Uint8Array }>(db, 'SELECT item FROM delivery WHERE grp = ?')
  const mark = run(db, 'UPDATE delivery_group SET missing = ?, came = ? WHERE seq = ?')
  const present = all<{ value: string }>(
    db,
    `SELECT value FROM json_each(?1)
     WHERE EXISTS (SELECT 1 FROM delivery WHERE ${sameInSql('item', keyInSql('value'))} AND destination = ?2)`,
  )
  const waiting = all<{ grp: number; place: number }>(
    db,
    `SELECT g.seq AS grp, i.place FROM document_item i
     JOIN delivery_group g ON g.document = i.document AND g.destination = ?1
     WHERE i.item = ?2 AND g.missing > 0 AND substr(g.came, i.place, 1) = '0'`,
  )
  const fill = one<{ missing: number }>(
    db,
    `UPDATE delivery_group SET missing = missing - 1, came = substr(came, 1, ?1 - 1) || '1' || substr(came, ?1 + 1)
     WHERE seq = ?2 RETURNING missing`,
  )
  const makeDue = run(
    db,
    'UPDATE delivery SET due = min(due, ?1), not_before = NULL WHERE grp = ?2 AND state = 0 AND due > ?1',
  )
  const documentAt = one<{ document: number }>(db, 'SELECT document FROM delivery_group WHERE seq = ?')
  const select = one<{ id: string; items: string }>(db, 'SELECT id, items FROM document WHERE seq = ?')
  /** by document, whose numbers are never given out twice */
  const atHand = new Map<number, DeliveryGroup>()

  function documentOf({ id, items }: DeliveryGroup, seq: number): number {
    const known = findDocument(id)
    if (known !== undefined) return known.seq
    const list = JSON.stringify(items)
    insertDocument(seq, id, list)
    insertItems(seq, list)
    return seq
  }

  /** What is missing of a document at a destination; while nobody has told what it consists of, one that never comes. */
  function stateOf(destination: number, items: readonly string[], item: string, own: readonly string[]) {
    if (items.length === 0) return { missing: 1, came: '' }
    // an Incident that comes again in another variant belongs to a document whose others will come again, too
    const again = exists(toKey(item), destination) !== undefined
    const here = again ? own : present(JSON.stringify(items), destination).map(({ value }) => value)
    const came = marksOf(items, here)
    return { missing: came.filter((one) => one === '0').length, came: came.join('') }
  }

  /** The first item that tells what a document consists of: what came before it is marked. */
  function learn(document: number, items: readonly string[], item: string): void {
    const list = JSON.stringify(items)
    if (items.length === 0 || tell(list, document) === 0) return
    insertItems(document, list)
    for (const { seq, destination } of groupsOf(document)) {
      const own = members(seq).map((row) => fromKey(row.item))
      const { missing, came } = stateOf(destination, items, item, own)
      mark(missing, came, seq)
    }
  }

  return {
    join(destination, group, item, seq) {
      const document = documentOf(group, seq)
      learn(document, group.items, item)
      const known = find(destination, document)
      if (known !== undefined) return { grp: known.seq, complete: known.missing === 0 }
      const items = group.items.length > 0 ? group.items : (JSON.parse(select(document)!.items) as string[])
      const { missing, came } = stateOf(destination, items, item, [])
      insert(seq, destination, document, missing, came)
      return { grp: seq, complete: false }
    },
    tell(group, item, seq) {
      if (group.items.length > 0) learn(documentOf(group, seq), group.items, item)
    },
    arrived(destination, item, now) {
      for (const { grp, place } of waiting(destination, item)) {
        if (fill(place, grp)!.missing > 0) continue
        makeDue(now, grp)
        destinations.touched(destination)
      }
    },
    describe(grp) {
      const { document } = documentAt(grp)!
      const known = atHand.get(document)
      if (known !== undefined) return known
      const { id, items } = select(document)!
      const group = { id, items: JSON.parse(items) as string[] }
      // somebody may tell them yet
      if (group.items.length === 0) return group
      if (atHand.size >= AT_HAND) atHand.clear()
      atHand.set(document, group)
      return group
    },
  }
}
