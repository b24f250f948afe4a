import { systemClock } from '../src/clock.ts'
import type { NewEnvelope } from '../src/store/contract.ts'
import type { StoreNews } from '../src/store/news.ts'
import { openGatewayStore } from '../src/store/postgres/postgres-store.ts'
import type { WholeStore } from '../src/store/whole-store.ts'
import type { Tell } from '../src/tell.ts'
import { delivery, envelope, sha } from '../test/store/support.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { line } from './figures.ts'
import { cpuOfChildren } from './process-cost.ts'

const EACH = Number(process.env.EACH ?? 2000)
const WARM = 500
/** what a report of 6.5 KB comes out as */
const TEXT = 'x'.repeat(6_000)

/** Stores on one PostgreSQL, each a gateway's, and senders of all. */
const ORDER = ['1 8', '2 16', '2 32', '1 16', '1 16', '2 32', '2 16', '1 8'].map((pair) => pair.split(' ').map(Number))

const TERM = { kind: 'incident', lo: 'a', hi: 'b' }

let count = 0

function report(): NewEnvelope {
  const name = `report ${++count}`
  return envelope(systemClock, name, [delivery(name, { payload: `${TEXT}${name}`, incident: `x ${name}` })])
}

/** An item of a Topic that goes to so many peers, and into the archive. */
function item(peers: number, isArchived: boolean): NewEnvelope {
  const name = `item ${++count}`
  const to = (_: unknown, n: number) =>
    delivery(name, { kind: 'peer', destination: `peer ${n}`, payload: `${TEXT}${name}`, incident: `x ${name}` })
  const content = sha(name)
  const times = { takenIn: count, from: 1, to: 2, detected: 1 }
  const record = { topic: 'incident', item: name, content, ...times, rating: 2, confidence: null, needed: ['public'] }
  return envelope(systemClock, name, Array.from({ length: peers }, to), {
    ...{ direction: 'grid-to-rid', source: 'incident' },
    seen: { topic: 'incident', itemId: name, digest: content, at: count },
    ...(isArchived && { record: { ...record, terms: [TERM], body: TEXT } }),
  })
}

/**
 * What reports cost to take in where several stores share a PostgreSQL, against one with as many senders as each of them has, and with as many as
 * all have; and items that go to several peers, or into the archive, 32 at a time as they are read of a Topic.
 */
export async function benchShared(): Promise<void> {
  await using server = await startPostgres()
  for (const [n, [stores = 1, senders = 1]] of ORDER.entries()) {
    const what = `${stores} ${stores === 1 ? 'store' : 'stores'}, ${senders} senders`
    await measure(server, `${n}`, stores, what, senders, report)
  }
  for (const round of [0, 1]) {
    await measure(server, `items ${round}`, 1, 'items for one peer', 32, () => item(1, false))
    await measure(server, `items ${round}`, 1, 'items for three peers', 32, () => item(3, false))
    await measure(server, `items ${round}`, 1, 'items for three peers and the archive', 32, () => item(3, true))
  }
}

async function measure(
  { url, pid }: { readonly url: string; readonly pid: number },
  schema: string,
  stores: number,
  what: string,
  senders: number,
  next: () => NewEnvelope,
): Promise<void> {
  await using opened = new AsyncDisposableStack()
  let commits = 0
  const tell: Tell<StoreNews> = (...[event]) => {
    if (event === 'store-committed') commits += 1
  }
  const all: WholeStore[] = []
  for (let n = 0; n < stores; n += 1) {
    all.push(opened.use(await openGatewayStore({ at: { url, schema: `shared ${schema}` }, tell, clock: systemClock })))
  }
  const take = async (times: number) => {
    let left = times
    const one = async (_: unknown, n: number) => {
      while (left-- > 0) await all[n % stores]?.accept(next())
    }
    await Promise.all(Array.from({ length: senders }, one))
  }
  await take(WARM)
  commits = 0
  const [before, server] = [process.cpuUsage(), await cpuOfChildren(pid)]
  await take(EACH)
  const { user, system } = process.cpuUsage(before)
  const theirs = (await cpuOfChildren(pid)) - server
  const us = (value: number) => Math.round(value / EACH)
  line(what, `${us(user + system)} us here, ${us(theirs)} at the server, ${(EACH / commits).toFixed(1)} to a commit`)
}
