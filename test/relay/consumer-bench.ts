import { stat } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { createEvents } from '../../src/events.ts'
import type { GridItem } from '../../src/grid/contract.ts'
import { createMetrics } from '../../src/metrics.ts'
import type { Reader } from '../../src/reading/reader.ts'
import { createConsumer } from '../../src/relay/consume.ts'
import { createBench, log, MEMORY } from '../store/support.ts'
import { peer } from './journey.ts'

/** The door in for items, to a store of its own, with peers of these names. */
export async function createConsumerBench(reader: Reader, names: readonly string[]) {
  const own = await createBench(MEMORY)
  const { store, clock, path } = own
  const metrics = createMetrics()
  const peers = names.map((name) => peer({ name }))
  const events = createEvents({ log, metrics, clock })
  const consume = createConsumer({ config: { peers }, reader, store, events, clock, wake: () => {} })
  return {
    ...own,
    events,
    consume: (items: readonly GridItem[]) => consume('incident', items),
    heldFor: async (name: string) => (await store.list({ states: ['held'], destination: name })).length,
    ignored: async (reason: string) =>
      Number(new RegExp(`reason="${reason}"} (\\d+)`).exec(await metrics.registry.metrics())?.[1] ?? 0),
    /** of the tables and indexes, without pages that are free */
    bytesInUse() {
      using db = new DatabaseSync(path, { readOnly: true })
      const figure = (name: string) => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0])
      return (figure('page_count') - figure('freelist_count')) * figure('page_size')
    },
    /** on disk, the write-ahead log too */
    async bytes() {
      const sizes = await Promise.all([path, `${path}-wal`].map(async (file) => (await stat(file)).size))
      return sizes.reduce((a, b) => a + b)
    },
  }
}
