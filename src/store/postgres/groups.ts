import { type Joined, marksOf } from '../coding/deliveries.ts'
import type { DeliveryGroup } from '../contract.ts'
import { all, type Db, one, run } from './sql.ts'

/** Which documents are complete at which destination (DeliveryGroup in the contract). */
export interface Groups {
  /** The group's number at this destination; `seq`, the delivery of `item` about to be stored, is its place when it is new. */
  join(destination: number, group: DeliveryGroup, item: string, seq: number): Promise<Joined>
  /** What the document consists of, from an item that no delivery is stored of; `seq` as above. */
  tell(group: DeliveryGroup, item: string, seq: number): Promise<void>
  /** A delivery of this item was stored, or is there already: groups that waited for it alone are complete, and their pending members due. */
  arrived(destination: number, item: string, now: number): Promise<void>
}

/** A document has one list for all destinations; each destination has a mark for each place in it that is filled. */
export function createGroups(db: Db): Groups {
  const findDocument = one<{ seq: number }>(db, 'SELECT seq FROM document WHERE id = $1 FOR KEY SHARE')
  const insertDocument = run(
    db,
    'INSERT INTO document (seq, id, items, open) VALUES ($1, $2, $3, true) ON CONFLICT DO NOTHING',
  )
  const insertItems = run(
    db,
    `INSERT INTO document_item (item, document, place)
     SELECT item, $1, min(place) FROM unnest($2::text[]) WITH ORDINALITY AS listed (item, place) GROUP BY item`,
  )
  const find = one<{ seq: number; missing: number }>(
    db,
    'SELECT seq, missing FROM delivery_group WHERE destination = $1 AND document = $2',
  )
  const insert = run(
    db,
    'INSERT INTO delivery_group (seq, destination, document, missing, came) VALUES ($1, $2, $3, $4, $5)',
  )
  const exists = one(db, 'SELECT 1 FROM delivery WHERE item = $1 AND destination = $2 LIMIT 1')
  // whoever joins meanwhile has it locked, and is waited for
  const untold = one(db, `SELECT 1 FROM document WHERE seq = $1 AND items = '[]' FOR UPDATE`)
  const tell = run(db, `UPDATE document SET items = $1, open = true WHERE seq = $2`)
  const told = one<{ items: string }>(db, 'SELECT items FROM document WHERE seq = $1')
  const groupsOf = all<{ seq: number; destination: number }>(
    db,
    'SELECT seq, destination FROM delivery_group WHERE document = $1',
  )
  const members = all<{ item: string }>(db, 'SELECT item FROM delivery WHERE grp = $1')
  const mark = run(db, 'UPDATE delivery_group SET missing = $1, came = $2 WHERE seq = $3')
  const present = all<{ item: string }>(
    db,
    'SELECT DISTINCT item FROM delivery WHERE item = ANY($1::text[]) AND destination = $2',
  )
  const waiting = all<{ grp: number; place: number }>(
    db,
    `SELECT g.seq AS grp, i.place FROM document_item i
     JOIN delivery_group g ON g.document = i.document AND g.destination = $1
     WHERE i.item = $2 AND g.missing > 0 AND substr(g.came, i.place, 1) = '0'`,
  )
  const fill = one<{ missing: number }>(
    db,
    `UPDATE delivery_group SET missing = missing - 1, came = overlay(came PLACING '1' FROM $1 FOR 1)
     WHERE seq = $2 RETURNING missing`,
  )
  const makeDue = run(db, 'UPDATE delivery SET due = $1, not_before = NULL WHERE grp = $2 AND state = 0 AND due > $1')

  async function documentOf({ id, items }: DeliveryGroup, seq: number): Promise<number> {
    const known = await findDocument(id)
    if (known !== undefined) return known.seq
    // another gateway may have been faster, at another destination
    if ((await insertDocument(seq, id, JSON.stringify(items))) === 0) return (await findDocument(id))!.seq
    await insertItems(seq, items)
    return seq
  }

  /** What is missing of a document at a destination; while nobody has told what it consists of, one that never comes. */
  async function stateOf(destination: number, items: readonly string[], item: string, own: readonly string[]) {
    if (items.length === 0) return { missing: 1, came: '' }
    // an Incident that comes again in another variant belongs to a document whose others will come again, too
    const again = (await exists(item, destination)) !== undefined
    const here = again ? own : (await present(items, destination)).map((row) => row.item)
    const came = marksOf(items, here)
    return { missing: came.filter((one) => one === '0').length, came: came.join('') }
  }

  /** The first item that tells what a document consists of: what came before it is marked. */
  async function learn(document: number, items: readonly string[], item: string): Promise<void> {
    if (items.length === 0 || (await untold(document)) === undefined) return
    await tell(JSON.stringify(items), document)
    await insertItems(document, items)
    for (const { seq, destination } of await groupsOf(document)) {
      const own = (await members(seq)).map((row) => row.item)
      const { missing, came } = await stateOf(destination, items, item, own)
      await mark(missing, came, seq)
    }
  }

  return {
    async join(destination, group, item, seq) {
      const document = await documentOf(group, seq)
      await learn(document, group.items, item)
      const known = await find(destination, document)
      if (known !== undefined) return { grp: known.seq, complete: known.missing === 0 }
      const items = group.items.length > 0 ? group.items : (JSON.parse((await told(document))!.items) as string[])
      const { missing, came } = await stateOf(destination, items, item, [])
      await insert(seq, destination, document, missing, came)
      return { grp: seq, complete: false }
    },
    async tell(group, item, seq) {
      if (group.items.length > 0) await learn(await documentOf(group, seq), group.items, item)
    },
    async arrived(destination, item, now) {
      for (const { grp, place } of await waiting(destination, item)) {
        if ((await fill(place, grp))!.missing === 0) await makeDue(now, grp)
      }
    },
  }
}
