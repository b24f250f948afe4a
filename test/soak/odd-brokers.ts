import { setTimeout as wait } from 'node:timers/promises'
import { boot } from '../support/boot.ts'
import { eventually } from '../support/eventually.ts'
import { FAKE_DOMAIN, startFakeController } from '../support/fake-controller.ts'
import { OddBroker, type Oddity } from '../support/odd-broker.ts'
import { createPki, type Pki } from '../support/pki.ts'
import { createRandom } from '../support/random.ts'
import { expectedItems, iodef } from '../support/reports.ts'
import { startRidPeer } from '../support/rid-peer.ts'
import { createSite } from '../support/site.ts'
import { createFailures, type Findings, type Proof, type ProofOptions } from './proof.ts'

const ODDITIES: Readonly<Record<string, Oddity>> = {
  'adds subscriptions, as Openfire': { manySubscriptions: true },
  'lists no items': { lists: 'none' },
  'knows no list of items': { lists: 'refused' },
  'knows no publish-options': { preconditions: 'unsupported' },
  'cannot read publish-options': { preconditions: 'bad-request' },
  'refuses to overwrite (conflict)': { overwriting: 'conflict' },
  'refuses to overwrite (forbidden)': { overwriting: 'forbidden' },
  'does all of it': {
    ...{ manySubscriptions: true, lists: 'refused', preconditions: 'unsupported', overwriting: 'conflict' },
  },
}

/** reports and items of others for each time that the line breaks */
const EACH = 5

/**
 * Brokers that do otherwise than Prosody and ejabberd, whose line breaks `count` times before or behind the storing of an item: nothing is
 * lost, shown twice, or held, and others' items reach the RID peer once, those that came while the gateway was away among them.
 */
export const oddBrokers: Proof = async (options) => {
  await using pki = await createPki()
  const found = await Promise.all(
    Object.entries(ODDITIES).map(([name, oddity]) => atBroker({ ...options, name, oddity, pki })),
  )
  return {
    failures: found.flatMap(({ failures }) => failures),
    figures: Object.assign({}, ...found.map(({ figures }) => figures)),
  }
}

interface Options extends Omit<ProofOptions, 'kind'> {
  readonly name: string
  readonly oddity: Oddity
  readonly pki: Pki
}

async function atBroker({ name, oddity, pki, count, seed, say }: Options): Promise<Findings> {
  const random = createRandom(seed)
  const failures = createFailures()
  const fail = (kind: string, text: string) => failures.add(`a Broker that ${name}: ${kind}`, text)
  await using stack = new AsyncDisposableStack()
  const parts = await begin(stack, pki, oddity)
  const { broker, site, client, line } = parts

  const reports = new Map<string, string>()
  let others = 0
  const other = () => {
    const [{ id = '', incident = '' } = {}] = expectedItems(iodef({ id: `other-${others}`, source: 'other.example' }))
    others += 1
    broker.store(`<item id="${id}"><report xmlns="urn:xmpp:incident:2">${incident}</report></item>`)
  }
  for (let n = 0; n < count; n += 1) {
    for (let i = 0; i < EACH; i += 1) {
      const text = iodef({ id: `own-${n}-${i}` })
      const { status, body } = await client.post(text)
      if (status !== 200 || !body.includes('"Approved"')) fail('not approved', `${status} ${body}`)
      reports.set(expectedItems(text)[0]?.id ?? '', `own-${n}-${i}`)
      if (i === 1) line.breaks = random() < 0.5 ? 'before' : 'behind'
      other()
    }
    await eventually('the line to break', () => line.breaks === undefined, { ms: 60_000 })
    // the gateway is away
    other()
    await site.drained()
    if ((n + 1) % 10 === 0) say(`a Broker that ${name}: the line broke ${n + 1} times`)
  }
  await site.drained().catch((error: Error) => fail('stuck', error.message))
  const marks = Array.from({ length: others }, (_, n) => `other-${n}`)
  for (const [kind, text] of await wrong(parts, marks, reports)) fail(kind, text)
  return {
    failures: failures.all(),
    figures: {
      [`reports and items of others at a Broker that ${name}; the line broke ${count} times`]: reports.size + others,
    },
  }
}

/** A gateway at such a Broker, a RID client and a RID peer; the line breaks once, where `line` says, at the next publication. */
async function begin(stack: AsyncDisposableStack, pki: Pki, oddity: Oddity) {
  const broker = new OddBroker(oddity)
  const grid = await pki.ca('grid')
  const certificate = await grid.issue({ cn: FAKE_DOMAIN, dns: [FAKE_DOMAIN] })
  const line: { breaks?: 'before' | 'behind' | undefined } = {}
  const fake = stack.use(
    await startFakeController({
      certificate,
      onIq(iq) {
        const fault = iq.xml.includes('<publish ') ? line.breaks : undefined
        if (fault === undefined) return broker.onIq(iq)
        line.breaks = undefined
        if (fault === 'behind') broker.onIq(iq)
        fake.drop()
        return ''
      },
    }),
  )
  broker.tell = (xml) => void fake.send(xml)
  const ca = await pki.ca('rid')
  const { cert, key } = await ca.issue({ cn: 'csirt-z', dns: ['csirt-z.example', 'localhost'] })
  const peer = stack.use(await startRidPeer({ cert, key, ca: ca.cert }))
  const site = stack.use(
    await createSite({
      pki,
      broker: { service: fake.service, domain: FAKE_DOMAIN, broker: `pubsub.${FAKE_DOMAIN}`, ca: grid.cert },
      peers: [
        { name: 'csirt-a', publish: ['incident'] },
        { name: 'csirt-z', url: peer.url, topics: ['incident'] },
      ],
      topics: [{ name: 'incident' }],
    }),
  )
  stack.use(await boot(site))
  await site.ready()
  const client = stack.use(await site.client('csirt-a', { keepAlive: true }))
  return { broker, site, peer, client, line }
}

type Parts = Pick<Awaited<ReturnType<typeof begin>>, 'broker' | 'site' | 'peer'>

/** What did not come once: items of others (`marks`) at the RID peer, reports (mark by item id) at the Broker. */
async function wrong({ broker, site, peer }: Parts, marks: readonly string[], reports: ReadonlyMap<string, string>) {
  const found: [kind: string, text: string][] = []
  const add = (kind: string, text: string) => found.push([kind, text])
  const times = (mark: string) => peer.requests.filter(({ body }) => body.includes(`>${mark}<`)).length
  const isThere = () => marks.every((mark) => times(mark) > 0)
  await eventually('the items of others at the RID peer', isThere, { ms: 60_000 }).catch(() => undefined)
  // what is told twice would have come by now
  await wait(500)
  for (const mark of marks.filter((mark) => times(mark) !== 1))
    add('an item of another', `${mark} came ${times(mark)} times`)
  for (const [id, mark] of reports) {
    const stored = broker.stored.filter((one) => one === id).length
    if (stored !== 1) add('a report', `${mark} was stored ${stored} times`)
  }
  const { held, withheld } = await site.backlog()
  if (held + withheld > 0) add('held', `${held} held, ${withheld} withheld`)
  if (broker.subids.length > 1) add('subscriptions', `${broker.subids.length}`)
  const { body } = await site.health()
  if (body.parts.grid?.state === 'failed') add('not ready', JSON.stringify(body.parts))
  return found
}
