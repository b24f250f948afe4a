import type { GatewayProcess } from '../support/command.ts'
import { createWorld, members } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { createRandom } from '../support/random.ts'
import { expectedItems, iodef } from '../support/reports.ts'
import { startTcpProxy } from '../support/tcp-proxy.ts'
import { createFailures, type Proof } from './proof.ts'

/** What the gateway may take to notice: about a minute, and half of one for a machine that has much to do. */
const NOTICED_MS = 90_000
/** the largest item that the Broker takes (ejabberd: 250,000 bytes), and reports around it */
const LARGEST = { prosody: 950_000, ejabberd: 240_000 } as const
/** bytes of a connection that come through: login, joins and small items do, 100 kB do not */
const THROUGH = [40_000, 90_000]

/**
 * `count` times the network forgets the connection to the Broker as 100 kB to 1 MB are under way, in one item or many, right after the login
 * or later, once or again at the next try. It is noticed within about a minute; everything arrives in the end, and nothing is held.
 */
export const blackhole: Proof = async ({ kind, count, seed, say }) => {
  const random = createRandom(seed)
  const failures = createFailures()
  await using world = await createWorld(kind, { stanzaLimit: 4_000_000 })
  const proxy = world.use(await startTcpProxy(Number(new URL(world.broker.service).port), { seed }))
  const site = await world.site({
    topics: [{ name: 'incident', create: true, members: members(world.broker.domain) }],
    grid: { service: `xmpp://127.0.0.1:${proxy.port}`, maxItem: '1MB' },
  })
  const gateway = world.use(await site.spawn())
  await site.ready()
  const subscriber = await world.user('subscriber')
  await subscriber.subscribe('incident')
  const client = world.use(await site.client('csirt-a', { keepAlive: true }))
  const items: string[] = []
  const post = async (id: string, size: number) => {
    const text = iodef({ id, description: `${id} ${'.'.repeat(Math.max(0, size - 400))}` })
    const { status, body } = await client.post(text)
    if (status !== 200 || !body.includes('"Approved"')) failures.add('not approved', `${id}: ${status} ${body}`)
    items.push(expectedItems(text)[0]?.id ?? '')
  }

  const postAll = async (id: string, bytes: number, each: number) => {
    for (let n = 0; n * each < bytes; n += 1) await post(`${id}-${n}`, each)
  }

  const noticed: number[] = []
  const back: number[] = []
  /** Resolves when the gateway knows that its connection is dead. */
  const notice = async (what: string) => {
    const begun = Date.now()
    const known = away(gateway)
    await eventually('it to be noticed', () => away(gateway) > known, { ms: 240_000 }).catch(() => undefined)
    const ms = Date.now() - begun
    noticed.push(ms)
    say(`${what}: noticed after ${ms} ms`)
    if (ms > NOTICED_MS) failures.add('late', `${what}: ${ms} ms`)
  }
  for (let round = 0; round < count; round += 1) {
    const [isOne, isQuick, isTwice] = [round % 2 === 1, round % 4 < 2, round % 3 === 2]
    const most = isOne ? LARGEST[kind] : 950_000
    const bytes = Math.round(100_000 + random() * (most - 100_000))
    if (isQuick) await postAll(`${round}-quick`, 300_000, 10_000)
    // a new login, of which nothing is known
    else await proxy.inflict('cut', 0)
    await site.drained()
    await site.ready(90_000)
    const before = proxy.counts.forgotten
    const forgotten = (times: number) =>
      eventually('the connection to be forgotten', () => proxy.counts.forgotten >= before + times, { ms: 60_000 })
    proxy.forgetBehind(THROUGH[(round >> 2) % 2] ?? 0)
    await postAll(`${round}`, bytes, isOne ? bytes : 25_000)
    const what = `${isOne ? 'one item' : 'items'} of ${bytes} bytes on a line ${isQuick ? 'known to be quick' : 'not known'}`
    await forgotten(1)
    if (isTwice) {
      await notice(what)
      await forgotten(2)
    }
    // new connections are well
    proxy.heal()
    await notice(isTwice ? `${what}, again` : what)
    const healed = Date.now()
    await site.drained(180_000).catch((error: Error) => failures.add('stuck', error.message))
    back.push(Date.now() - healed)
    const { held, withheld } = await site.backlog()
    if (held + withheld > 0) failures.add('held', `${held} held, ${withheld} withheld in round ${round + 1}`)
  }
  const at = new Set(await subscriber.ids('incident'))
  for (const item of items) if (!at.has(item)) failures.add('lost', item)
  const shown = subscriber.items.length - new Set(subscriber.items.map(({ id }) => id)).size
  return {
    failures: failures.all(),
    figures: {
      'connections forgotten': proxy.counts.forgotten,
      reports: items.length,
      'ms until it was noticed, half of them': noticed.toSorted((a, b) => a - b)[noticed.length >> 1] ?? 0,
      'ms until it was noticed, at most': Math.max(...noticed),
      'ms from then until everything was through, at most': Math.max(...back),
      'shown again': shown,
    },
  }
}

function away(gateway: GatewayProcess): number {
  return gateway.lines.filter((line) => line.includes('"event":"controller-away"')).length
}
