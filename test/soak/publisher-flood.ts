import { stat } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { NS } from '../../src/xml/namespaces.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { incident } from '../support/reports.ts'
import type { GridUser } from '../support/slixmpp.ts'
import { createFailures, type Findings, type ProofOptions } from './proof.ts'

const MIB = 1_048_576
/** ms that an ordinary item may take meanwhile */
const PATIENCE = 120_000
/** MiB of memory that no flood may bring the gateway to */
const CEILING = 600
/** kB of the store that a small item may have, for the 30 days that it can be shown, and MB that it may have anyhow: pages, indexes */
const KEPT = 12
const ANYHOW = 4

/** What whoever may publish on a Topic writes there, `n` of them; all are small. */
const FLOODS: Readonly<Record<string, (n: number, victim: string) => { readonly id: string; readonly xml: string }>> = {
  invalid: (n) => ({ id: `invalid-${n}`, xml: item(`<Incident xmlns="${NS.iodef2}" purpose="x${n}"/>`) }),
  'not well-formed by our limits': (n) => ({
    id: `deep-${n}`,
    xml: item(
      report(`deep-${n}`, `<AdditionalData dtype="xml">${'<a>'.repeat(100)}${'</a>'.repeat(100)}</AdditionalData>`),
    ),
  }),
  "under somebody else's id": (n, victim) => ({ id: victim, xml: item(report(`other-${n}`)) }),
  'that claim to be one of many': (n) => ({
    id: `list-${n}`,
    xml: item(report(`list-${n}`), `<context xmlns="${NS.context}" position="1" of="60" items="${ids(n).join(' ')}"/>`),
  }),
  'with long ids': (n) => ({ id: `${'i'.repeat(2_000)}-${n}`, xml: item(report(`long-${n}`)) }),
  'with an original that is another': (n) => ({
    id: `original-${n}`,
    xml: item(
      report(`original-${n}`),
      `<context xmlns="${NS.context}"><original reason="signature">${ORIGINAL}</original></context>`,
    ),
  }),
}

/**
 * A publisher floods Topic `noise` by `count` items in six ways, while ordinary items go on coming on Topic `incident`: these reach the
 * peer, and what is there at the end reaches it also after a restart. Memory is flat, and the store has not much of the flood.
 */
export const publisherFlood = async ({ kind, count, say }: ProofOptions): Promise<Findings> => {
  const failures = createFailures()
  await using world = await createWorld(kind, { maxItems: count * 6 + 2_000, stanzaLimit: 2 * MIB, durable: false })
  const { site, peer } = await start(world)
  let gateway = world.use(await site.spawn())
  await site.ready()
  const [publisher, quiet] = await publishers(world)
  const times: number[] = []
  const flooding = new AbortController()
  const ordinary = keepPublishing(quiet, peer, times, flooding.signal).catch((error: Error) =>
    failures.add('ordinary', error.message),
  )
  let most = await gateway.memory()
  const figures: Record<string, number> = {}
  for (const [name, make] of Object.entries(FLOODS)) {
    times.length = 0
    const before = await size(site.store)
    for (let n = 0; n < count; n += 200) {
      const items = Array.from({ length: Math.min(200, count - n) }, (_, i) => make(n + i, 'ordinary-0'))
      await publisher
        .publishAll('noise', items)
        .catch((error: Error) => failures.add(`publishing ${name}`, error.message))
      most = Math.max(most, await gateway.memory())
    }
    await publisher.publish('noise', `behind ${name}`, item(report(`behind-${name.length}`)))
    await arrival(peer, `behind-${name.length}`).catch((error: Error) => failures.add(`behind ${name}`, error.message))
    const kept = ((await size(site.store)) - before) / 1_000 / count
    const worst = Math.round(Math.max(0, ...times))
    say(
      `${count} ${name}: an ordinary item took ${worst} ms at most, ${kept.toFixed(1)} kB kept of each, ${Math.round(most / MIB)} MiB`,
    )
    figures[`${name}: ms of the slowest ordinary item`] = worst
    if (kept > KEPT + (ANYHOW * 1_000) / count) failures.add('the store', `${kept.toFixed(1)} kB for each ${name}`)
  }
  flooding.abort()
  await ordinary
  if (most > CEILING * MIB) failures.add('memory', `${Math.round(most / MIB)} MiB`)
  await gateway.kill()
  await quiet.publish('incident', 'after', item(report('after-the-restart')))
  gateway = world.use(await site.spawn())
  const began = performance.now()
  await arrival(peer, 'after-the-restart').catch((error: Error) => failures.add('after a restart', error.message))
  figures['ms until an item arrives after a restart'] = Math.round(performance.now() - began)
  await site.ready(PATIENCE).catch((error: Error) => failures.add('ready after a restart', error.message))
  return {
    failures: failures.all(),
    figures: { 'items of each kind': count, ...figures, 'most memory (MiB)': Math.round(most / MIB) },
  }
}

async function start(world: World) {
  const peer = await world.ridPeer('csirt-z')
  const site = await world.site({
    peers: [{ name: 'csirt-z', url: peer.url, topics: ['incident', 'noise'] }],
    topics: ['incident', 'noise'].map((name) => ({ name, create: true, members: [] })),
  })
  return { site, peer }
}

/** The one who floods, and the one who does not. */
async function publishers(world: World): Promise<[GridUser, GridUser]> {
  const owner = await world.user('gateway')
  const { domain } = world.broker
  await owner.affiliate('noise', `publisher@${domain}`, 'publisher')
  await owner.affiliate('incident', `gateway2@${domain}`, 'publisher')
  return [await world.user('publisher'), await world.user('gateway2')]
}

type RidPeer = Awaited<ReturnType<World['ridPeer']>>

async function keepPublishing(user: GridUser, peer: RidPeer, times: number[], signal: AbortSignal): Promise<void> {
  for (let n = 0; !signal.aborted; n += 1) {
    const began = performance.now()
    await user.publish('incident', `ordinary-${n}`, item(report(`ordinary-${n}`)))
    await arrival(peer, `ordinary-${n}`)
    times.push(performance.now() - began)
    await wait(50)
  }
}

function arrival(peer: RidPeer, id: string): Promise<unknown> {
  const there = () => peer.requests.some(({ body }) => body.includes(`>${id}<`))
  return eventually(`${id} at the peer`, there, { ms: PATIENCE, every: 20 })
}

/** Bytes; what the write-ahead log has goes over into it, or makes room, sooner or later. */
async function size(path: string): Promise<number> {
  return (await stat(path)).size
}

function report(id: string, content = ''): string {
  return incident({ id })
    .replace('<Incident ', `<Incident xmlns="${NS.iodef2}" `)
    .replace('</Incident>', `${content}</Incident>`)
}

function item(inside: string, context = ''): string {
  return `<report xmlns="${NS.incident}">${inside}${context}</report>`
}

function ids(n: number): string[] {
  return Array.from({ length: 60 }, (_, i) => `${n}`.padStart(32, '0') + `${i}`.padStart(32, '0'))
}

const ORIGINAL = Buffer.from('<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0" version="2.00"/>').toString(
  'base64',
)
