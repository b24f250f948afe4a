import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { PUBSUB } from '../../src/grid/pubsub/protocol.ts'
import { openSession, type Session } from '../../src/grid/xmpp/session.ts'
import { type Broker, gridConfig, START } from '../support/brokers.ts'

const long = (size: number) => 'x'.repeat(size)

/** What stands in an item, each with a tag that is longer than a read of the Broker. */
const PAYLOADS: Readonly<Record<string, (size: number) => string>> = {
  'an attribute': (size) => `<a xmlns="urn:x" b="${long(size)}"/>`,
  'an attribute in another script': (size) => `<a xmlns="urn:x" b="${'é'.repeat(size / 2)}"/>`,
  'an attribute with children behind': (size) => `<a xmlns="urn:x" b="${long(size)}"><c/>d</a>`,
  'a name': (size) => `<a${long(size)} xmlns="urn:x"/>`,
  'many attributes': (size) =>
    `<a xmlns="urn:x"${Array.from({ length: size / 10 }, (_, i) => ` b${i}="1"`).join('')}/>`,
}

for (const kind of ['prosody', 'ejabberd'] as const) {
  describe(`tags longer than a read of ${kind}, whose expat puts off unfinished ones`, { timeout: 120_000 }, () => {
    let broker: Broker
    let session: Session
    before(async () => {
      // the limit both ship with: white space must not lead over it
      broker = await START[kind]({ stanzaLimit: 262_144 })
      session = await openSession(
        { config: gridConfig(broker), onMessage() {}, onDropped() {} },
        AbortSignal.timeout(30_000),
      )
      await ask(`<pubsub xmlns="${PUBSUB}"><create node="tags"/></pubsub>`)
    })
    after(async () => {
      await session.close()
      await broker.dispose()
    })

    const ask = async (payload: string, to = broker.broker) => {
      const answer = await session.request({ to, type: 'set', payload, timeoutMs: 10_000 })
      assert.equal(answer.kind, 'result', answer.kind === 'error' ? answer.error.condition : undefined)
    }
    const publish = (payload: string) =>
      ask(`<pubsub xmlns="${PUBSUB}"><publish node="tags"><item id="i">${payload}</item></publish></pubsub>`)

    for (const [name, payload] of Object.entries(PAYLOADS)) {
      for (const size of [10_000, 20_000, 40_000, 60_000, 100_000]) {
        test(`${name}, ${size} characters`, () => publish(payload(size)))
      }
    }
    // as long as an item may be
    for (const size of [131_000, 150_000, 200_000, 249_000]) {
      test(`an attribute, ${size} characters`, () => publish(`<a xmlns="urn:x" b="${long(size)}"/>`))
    }

    test('in many stanzas at once, others among them', async () => {
      const sizes = [60_000, 10, 20_000, 20_000, 10, 150_000, 40_000, 10]
      await Promise.all(sizes.map((size) => publish(`<a xmlns="urn:x" b="${long(size)}"/>`)))
    })

    test('in any other question', async () => {
      const answer = await session.request({
        to: broker.domain,
        type: 'get',
        payload: `<ping xmlns="urn:xmpp:ping" a="${long(60_000)}"/>`,
        timeoutMs: 10_000,
      })
      assert.equal(answer.kind, 'result')
    })
  })
}
