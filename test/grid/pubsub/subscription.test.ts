import assert from 'node:assert/strict'
import { test } from 'node:test'
import { xml } from '@xmpp/client'
import { PUBSUB } from '../../../src/grid/pubsub/protocol.ts'
import { subscribe } from '../../../src/grid/pubsub/subscription.ts'
import type { Session } from '../../../src/grid/xmpp/session.ts'

const OWN = 'gateway@grid.example'
const BROKER = 'pubsub.grid.example'

/** A Broker that adds a subscription each time it is asked, as Openfire does; or one that shows none. */
function multi({ jids = [] as readonly string[], shows = true } = {}) {
  const subscriptions = jids.map((jid, i) => ({ jid, subid: `s${i}` }))
  const asked: string[] = []
  const result = (...children: ReturnType<typeof xml>[]) => ({
    kind: 'result',
    stanza: xml('iq', {}, xml('pubsub', { xmlns: PUBSUB }, ...children)),
  })
  const entry = ({ jid, subid }: { jid: string; subid: string }, node: string | undefined) =>
    xml('subscription', { node, jid, subid, subscription: 'subscribed' })
  const session = {
    address: { bare: OWN },
    async request({ payload }: { payload: string }) {
      const action = /<(subscribe|unsubscribe|subscriptions)\b/.exec(payload)?.[1] ?? ''
      asked.push(action)
      if (action === 'subscriptions') {
        if (!shows) return { kind: 'error', error: { type: 'cancel', condition: 'feature-not-implemented' } }
        const others = xml('subscription', { node: 'other', jid: OWN, subid: 'o', subscription: 'subscribed' })
        return result(xml('subscriptions', {}, others, ...subscriptions.map((one) => entry(one, 'incident'))))
      }
      if (action === 'unsubscribe') {
        const subid = /subid="([^"]*)"/.exec(payload)?.[1]
        const at = subscriptions.findIndex((one) => one.subid === subid)
        if (at !== -1) subscriptions.splice(at, 1)
        return result()
      }
      const added = { jid: OWN, subid: `s${subscriptions.length}` }
      subscriptions.push(added)
      return result(entry(added, 'incident'))
    },
  }
  return { session: session as unknown as Session, subscriptions, asked }
}

test('a login at a Broker that adds a subscription each time does not add one', async () => {
  const { session, subscriptions } = multi()
  const first = await subscribe(session, BROKER, 'incident')
  assert.deepEqual(first, { state: 'subscribed', subid: 's0' })
  assert.deepEqual(await subscribe(session, BROKER, 'incident'), first)
  assert.equal(subscriptions.length, 1)
})

test('and those that earlier logins added are ended, but for one, and not those of others', async () => {
  const { session, subscriptions } = multi({ jids: [OWN, `${OWN}/tail`, OWN, OWN] })
  assert.deepEqual(await subscribe(session, BROKER, 'incident'), { state: 'subscribed', subid: 's0' })
  assert.deepEqual(
    subscriptions.map(({ subid }) => subid),
    ['s0', 's1'],
  )
})

test('a Broker that does not show subscriptions is subscribed to as ever', async () => {
  const { session, asked } = multi({ shows: false })
  assert.deepEqual(await subscribe(session, BROKER, 'incident'), { state: 'subscribed', subid: 's0' })
  assert.deepEqual(asked, ['subscriptions', 'subscribe'])
})
