import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import { Features } from '../../../src/grid/pubsub/features.ts'
import { Provider } from '../../../src/grid/pubsub/provider.ts'
import type { IqAnswer } from '../../../src/grid/xmpp/iq.ts'
import type { Session } from '../../../src/grid/xmpp/session.ts'

/** A login that ends with `reason` as soon as an item is written. */
function endsAtItem(reason: GatewayError): Session {
  const closed = Promise.withResolvers<GatewayError>()
  const ask = async ({ payload = '' }): Promise<IqAnswer> => {
    if (!payload.includes('<publish ')) return { kind: 'timeout' }
    closed.resolve(reason)
    await closed.promise
    return { kind: 'away' }
  }
  const flight = { rate: undefined, isKnown: true, beware: () => undefined }
  const rest = { longestStanza: undefined, closed: closed.promise, ping: () => ask({}) }
  return { flight, request: ask, ...rest } as unknown as Session
}

for (const [what, reason, outcome] of [
  ['because something of ours failed', new GatewayError('internal', 'a fault'), 'retry'],
  ['because the store failed', new GatewayError('store-unavailable', 'no disk'), 'retry'],
  ['as its certificate was revoked', new GatewayError('grid-tls', 'revoked', { fields: { answer: 'reset' } }), 'retry'],
  ['as the line breaks', new GatewayError('grid-away', 'The line closed.'), 'hold'],
] as const) {
  test(`an item that is alone on line after line that ends ${what}: ${outcome}`, async () => {
    const { signal } = new AbortController()
    const provider = new Provider({ broker: 'b', maxItem: 1_000, onRoom: () => undefined, onFull: () => undefined })
    const kinds = new Set<string>()
    for (let i = 0; i < 10; i += 1) {
      provider.attach(endsAtItem(reason), new Features())
      const published = await provider.publish({ topic: 't', itemId: 'i', xml: '<a/>', access: undefined, signal })
      kinds.add(published.outcome.kind)
    }
    assert.equal(kinds.has('hold'), outcome === 'hold')
  })
}
