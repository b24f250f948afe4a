import { setTimeout as wait } from 'node:timers/promises'
import { createWorld, members } from '../support/e2e.ts'
import { expectedItems, iodef } from '../support/reports.ts'
import type { Ready } from '../support/site.ts'
import type { ReceivedItem } from '../support/slixmpp.ts'
import { createFailures, type Proof } from './proof.ts'

/** What the server reads of a client as Debian ships it: bytes/s, and bytes that it lets pass before that. */
const LINE = { prosody: { rate: 10_000, burst: 0 }, ejabberd: { rate: 3_000, burst: 20_000 } } as const
const REPORT = 20_000
/** what an item has around it on the line: iq, pubsub, publish-options */
const AROUND = 600
/** how much longer it may take than the line needs */
const SLACK = 1.2

interface Sent {
  readonly item: string
  readonly size: number
  readonly at: number
}

/**
 * Reports of 20 kB, `count` of them, and in their midst one that is ten times as large, through a server that holds every account back
 * as it ships; small ones of another Topic beside them. Each comes once, in order, nearly as soon as the line allows, over one connection,
 * and the gateway says what is to be lifted.
 */
export const slowLine: Proof = async ({ kind, count, say }) => {
  const failures = createFailures()
  const { rate, burst } = LINE[kind]
  await using world = await createWorld(kind, { stock: true })
  const topic = { create: true, members: members(world.broker.domain) }
  const site = await world.site({
    peers: [{ name: 'csirt-a', publish: ['incident', 'other'] }],
    topics: [
      { ...topic, name: 'incident' },
      { ...topic, name: 'other' },
    ],
    routes: [{ match: { purpose: ['watch'] }, topic: 'other' }, { topic: 'incident' }],
  })
  const gateway = world.use(await site.spawn())
  await site.ready()
  const subscriber = await world.user('subscriber')
  for (const topic of ['incident', 'other']) await subscriber.subscribe(topic)
  const client = world.use(await site.client('csirt-a', { keepAlive: true }))
  const post = async (id: string, size: number, purpose: string): Promise<Sent> => {
    const text = iodef({ id, purpose, description: `${id} ${'.'.repeat(Math.max(0, size - 600))}` })
    const { status, body } = await client.post(text)
    if (status !== 200 || !body.includes('"Approved"')) failures.add('not approved', `${id}: ${status} ${body}`)
    const [{ id: item = '', incident = '' } = {}] = expectedItems(text)
    return { item, size: incident.length + AROUND, at: Date.now() }
  }

  const begun = Date.now()
  const large: Sent[] = []
  for (let n = 0; n < count; n += 1) {
    if (n === Math.floor(count / 2))
      large.push(await post('the large one', 10 * REPORT * Math.min(1, count / 20), 'reporting'))
    large.push(await post(`r-${n}`, REPORT, 'reporting'))
  }
  const bytes = (sent: readonly Sent[]) => sent.reduce((sum, { size }) => sum + size, 0)
  const needed = () => ((bytes(large) + bytes(small) - burst) / rate) * 1_000
  const small: Sent[] = []
  const missing = () => large.filter(({ item }) => !subscriber.items.some(({ id }) => id === item)).length
  let reason: string | null | undefined
  for (let told = Date.now(); missing() > 0 && Date.now() - begun < 1.5 * needed() + 60_000; ) {
    small.push(await post(`s-${small.length}`, 700, 'watch'))
    await wait(2_000)
    const health = await site.health().catch(() => undefined)
    if (health === undefined || health.status !== 200) failures.add('not ready', JSON.stringify(health?.body))
    reason ??= (health?.body as Ready | undefined)?.parts.grid?.reason
    if (Date.now() - told < 15_000) continue
    told = Date.now()
    say(
      `${large.length - missing()} of ${large.length} and ${small.length} small ones after ${Date.now() - begun} ms of ${Math.round(needed())}`,
    )
  }
  const of = (topic: string) => subscriber.items.filter(({ node }) => node === topic)
  const last = Math.max(...of('incident').map(({ at }) => at))
  const took = last - begun
  const need = needed()
  await site.drained(240_000).catch((error: Error) => failures.add('stuck', error.message))
  await subscriber
    .until('the last small ones', (items) => small.every(({ item }) => items.some(({ id }) => id === item)), 60_000)
    .catch((error: Error) => failures.add('lost', error.message))

  for (const text of differences(large, of('incident'))) failures.add('incident', text)
  for (const text of differences(small, of('other'))) failures.add('other', text)
  if (took > SLACK * need) failures.add('slow', `${took} ms for what the line needs ${Math.round(need)} ms`)
  const log = gateway.log()
  for (const text of untold(kind, log, reason)) failures.add('untold', text)
  const connections = log.filter(({ event }) => event === 'controller-connected').length
  if (connections !== 1)
    failures.add('reconnected', JSON.stringify(log.filter(({ event }) => event === 'controller-away')))
  const { held, withheld } = await site.backlog()
  if (held + withheld > 0) failures.add('held', `${held} held, ${withheld} withheld`)
  const waits = small.map(({ item, at }) => (subscriber.items.find(({ id }) => id === item)?.at ?? Date.now()) - at)
  return {
    failures: failures.all(),
    figures: {
      'bytes/s that the server reads': rate,
      'reports of 20 kB, and a large one': large.length,
      'kB in all': Math.round((bytes(large) + bytes(small)) / 1_000),
      's that the line needs': Math.round(need / 1_000),
      's until the last came': Math.round(took / 1_000),
      'as a ratio': (took / need).toFixed(2),
      'small ones of another Topic meanwhile': small.length,
      's of these on their way, the half of them': (waits.toSorted((a, b) => a - b)[waits.length >> 1] ?? 0) / 1_000,
      's of these on their way, the slowest': Math.max(...waits) / 1_000,
      'connections to the Controller': connections,
      'told in /ready': reason ?? 'nothing',
    },
  }
}

/** How what came differs from what was sent: each once, in that order. */
function differences(sent: readonly Sent[], came: readonly ReceivedItem[]): string[] {
  const order = came.map(({ id }) => sent.findIndex(({ item }) => item === id))
  const wrong: string[] = []
  for (const [n, place] of order.entries()) {
    if (place === -1) wrong.push(`an item that was not sent: ${came[n]?.id}`)
    else if (order.indexOf(place) !== n) wrong.push(`item ${place} again`)
    else if (n > 0 && place < Math.max(...order.slice(0, n))) wrong.push(`item ${place} out of order`)
  }
  for (const place of sent.keys()) if (!order.includes(place)) wrong.push(`item ${place} is lost`)
  return wrong
}

/** Where an operator is not told what to lift. */
function untold(
  kind: 'prosody' | 'ejabberd',
  log: readonly Record<string, unknown>[],
  reason: string | null | undefined,
) {
  const lift = kind === 'prosody' ? /unlimited_jids/ : /c2s_shaper/
  const told = log.some((line) => line.event === 'controller-slow' && lift.test(String(line.reason)))
  return [...(told ? [] : ['in the log']), ...(lift.test(reason ?? '') ? [] : [`in /ready, which has ${reason}`])]
}
