import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { boot } from '../support/boot.ts'
import type { Broker } from '../support/brokers.ts'
import { byNumber, documentText, IODEF2, incidentText, ridText } from '../support/documents.ts'
import { createWorld, type World } from '../support/e2e.ts'
import { eventually } from '../support/eventually.ts'
import { questionsClosed, showOnTopic } from '../support/questions.ts'
import type { RidClient } from '../support/rid-client.ts'
import type { RidPeer } from '../support/rid-peer.ts'
import type { Site } from '../support/site.ts'
import type { GridUser, ReceivedItem } from '../support/slixmpp.ts'

const EMPTY = { does: 'answer', status: 200 } as const

const query = (id: string) => byNumber(id, 'csirt-b.example')

const reportOf = (id: string) => documentText([incidentText({ id, name: 'csirt-b.example' })])

/** An XEP-0268 element as somebody else writes it. */
function element(kind: 'report' | 'inquiry', id: string, exchange?: string, restriction = 'public'): string {
  const incident = incidentText({ id, name: 'csirt-b.example', attributes: ` restriction="${restriction}"` })
  const context =
    exchange === undefined
      ? ''
      : `<context xmlns="urn:x-iodef-gateway:context:1"><exchange id="${exchange}" from="csirt-x.example"/></context>`
  return `<${kind} xmlns="urn:xmpp:incident:2">${incident.replace('<Incident', `<Incident xmlns="${IODEF2}"`)}${context}</${kind}>`
}

const exchangeOf = ({ xml }: ReceivedItem) => /exchange [^>]*id="([\w-]{22})"/.exec(xml)?.[1] ?? ''

for (const kind of ['prosody', 'ejabberd'] as const satisfies Broker['kind'][]) {
  describe(`questions as items of a Topic, around ${kind}`, () => {
    let world: World
    let site: Site
    let asker: RidPeer
    let other: RidPeer
    let client: RidClient
    let owner: GridUser
    let somebody: GridUser
    let gateway: Awaited<ReturnType<typeof boot>>

    before(async () => {
      world = await createWorld(kind)
      asker = await world.ridPeer('csirt-a')
      other = await world.ridPeer('csirt-b')
      asker.script(EMPTY)
      site = await world.site({
        peers: [
          {
            name: 'csirt-a',
            accept: ['Report', 'Query'],
            publish: ['incident', 'questions'],
            query: ['incident'],
            restrictions: ['public', 'partner'],
            url: asker.url,
          },
          { name: 'csirt-b', accept: ['Report'], publish: ['incident'], url: other.url },
        ],
        topics: ['incident', 'questions'].map((name) => ({
          name,
          create: true,
          members: [`publisher@${world.broker.domain}`],
          restrictions: ['public', 'partner'],
          ...(name === 'questions' && { query: ['incident'] }),
        })),
        routes: [
          { match: { type: ['Report'] }, topic: 'incident' },
          { match: { type: ['Query'], peer: ['csirt-a'] }, ask: ['topic:questions'] },
          { match: { type: ['Query'] }, ask: ['archive', 'peer:csirt-b'] },
        ],
      })
      await site.config({ exchanges: { hold: '20s', rate: 1000 } })
      gateway = await boot(site)
      await site.ready()
      client = world.use(await site.client('csirt-a'))
      owner = await world.user('gateway')
      await owner.affiliate('questions', `publisher@${world.broker.domain}`, 'publisher')
      somebody = await world.user('publisher')
      await somebody.subscribe('questions')
    })
    after(async () => {
      await gateway[Symbol.asyncDispose]()
      await world[Symbol.asyncDispose]()
    })

    async function shown(what: string, fits: (item: ReceivedItem) => boolean): Promise<ReceivedItem> {
      await somebody.until(what, (items) => items.some(fits))
      return somebody.items.find(fits)!
    }
    const gone = (item: ReceivedItem) =>
      eventually('the question to be retracted', async () => !(await somebody.ids('questions')).includes(item.id), {
        ms: 30_000,
      })

    test('a Query becomes an item, whose answer goes to its peer, and which is gone then', async () => {
      const answered = client.post(query('7'))
      const item = await shown('the question', ({ xml }) => xml.includes('>7<'))
      assert.match(item.xml, /inquiry/)
      assert.match(item.xml, /from="csirt-a.example"/)
      const exchange = exchangeOf(item)
      assert.equal(exchange.length, 22)
      assert.ok((await somebody.ids('questions')).includes(item.id))
      // to another question, and by another Incident
      await somebody.publish('questions', 'no', element('report', '8', 'x'.repeat(22)))
      await somebody.publish('questions', 'yes', element('report', '7-1', exchange))
      const { status, body } = await answered
      assert.equal(status, 200, body)
      assert.match(body, /MsgType="Report"/)
      assert.match(body, />7-1</)
      await gone(item)
    })

    test('an answer without a context is known by its IncidentID', async () => {
      const answered = client.post(query('9'))
      const item = await shown('the question', ({ xml }) => xml.includes('>9<'))
      await somebody.publish('questions', 'bare', element('report', '9'))
      assert.match((await answered).body, />9</)
      await gone(item)
    })

    test("somebody else's question is answered by an item, of what a Topic showed and of what a peer says", async () => {
      await showOnTopic(site, client, reportOf('11'))
      const told = '<Description>from csirt-b</Description>'
      other.script({ does: 'answer', body: ridText(reportOf('11').replace('<Contact', `${told}<Contact`)) })
      const exchange = 'q'.repeat(22)
      await somebody.publish('questions', 'asked', element('inquiry', '11', exchange))
      const answers = () => somebody.items.filter((item) => item.id !== 'asked' && exchangeOf(item) === exchange)
      await somebody.until('both answers', () => answers().length >= 2)
      assert.match(other.requests.at(-1)?.body ?? '', /MsgType="Query"/)
      assert.ok(answers().every(({ xml }) => /report/.test(xml) && xml.includes('>11<')))
      assert.equal(answers().filter(({ xml }) => xml.includes('from csirt-b')).length, 1)
      assert.equal(new Set(answers().map(({ id }) => id)).size, 2)
      await questionsClosed(site)
    })

    test('what asks is taken back after kill -9, by whichever process comes next', async () => {
      await gateway[Symbol.asyncDispose]()
      await site.config({ exchanges: { hold: '1s', rate: 1000, expireQuery: '20s' } })
      const killed = await site.spawn()
      await site.ready()
      assert.equal((await client.post(query('killed'))).status, 202)
      const item = await shown('the question', ({ xml }) => xml.includes('>killed<'))
      await killed.kill()
      gateway = await boot(site)
      await site.ready()
      await gone(item)
      await eventually('its asker is told', () => asker.requests.some(({ body }) => /Justification="Other"/.test(body)))
      // nothing to take back: it was never there
      await world.broker.stop()
      assert.equal((await client.post(query('never'))).status, 202)
      await questionsClosed(site)
      await world.broker.start()
      await eventually('the queue is empty', async () => (await site.backlog()).pending === 0, { ms: 60_000 })
      assert.ok(!(await site.command('trace', 'never')).includes('published'))
    })
  })
}
