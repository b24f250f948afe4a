import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Broker } from '../test/support/brokers.ts'
import type { Child } from './child.ts'
import { item, report } from './documents.ts'

/**
 * Lets the Topic `node` keep `count` items. A Prosody with SQL storage takes minutes for 10,000 of them: it is given one, and the others are
 * put beside it while it is stopped.
 */
export async function fillTopic(broker: Broker, publisher: Child, node: string, count: number): Promise<number> {
  const name = (n: number) => `retained-${String(n).padStart(7, '0')}`
  const itemOf = (n: number) => item(report(name(n)))
  const length = itemOf(0).xml.length
  if (broker.kind !== 'prosody') {
    await publisher.ask('publish', { node, items: Array.from({ length: count }, (_, n) => itemOf(n)), inFlight: 64 })
    return length
  }
  await publisher.ask('publish', { node, items: [itemOf(0)], inFlight: 1 })
  await publisher[Symbol.asyncDispose]()
  await broker.stop()
  using db = new DatabaseSync(join(broker.dir, 'prosody.sqlite'))
  const insert = db.prepare(`INSERT INTO prosodyarchive (host, user, store, key, "when", "with", type, value)
    SELECT host, user, store, ?, "when" + ?, "with", type, replace(value, ?, ?) FROM prosodyarchive WHERE key = ?`)
  const { id } = itemOf(0)
  db.exec('BEGIN')
  for (let n = 1; n < count; n += 1) insert.run(itemOf(n).id, n / 1000, name(0), name(n), id)
  db.exec('COMMIT')
  await broker.start()
  return length
}
