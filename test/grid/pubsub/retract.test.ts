import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { retractItem, retractOutcome } from '../../../src/grid/pubsub/retract.ts'

const refused = (type: string, condition: string, application?: string, feature?: string) =>
  retractOutcome({ kind: 'error', error: { type, condition, application, text: undefined, feature } })

describe("the Broker's answer to a retraction", () => {
  test('is proof where the item is not there', () => {
    assert.deepEqual(retractOutcome({ kind: 'result', stanza: undefined as never }), { kind: 'delivered' })
    assert.deepEqual(refused('cancel', 'item-not-found'), { kind: 'delivered' })
    assert.deepEqual(refused('cancel', 'gone'), { kind: 'delivered' })
    const none = refused('cancel', 'feature-not-implemented', 'unsupported', 'persistent-items')
    assert.deepEqual(none, { kind: 'delivered' })
  })

  test('is tried again while the Broker is away, and while there is no right, which keeps up no other item', () => {
    assert.equal(retractOutcome({ kind: 'timeout' }).kind, 'retry')
    assert.equal(refused('wait', 'resource-constraint').kind, 'retry')
    const right = refused('auth', 'forbidden')
    assert.ok(right.kind === 'retry' && !right.destinationDown && right.othersPass === true)
    assert.match(right.reason, /did not retract the item: forbidden/)
  })

  test('is held where the Broker cannot do it', () => {
    const outcome = refused('cancel', 'feature-not-implemented', 'unsupported', 'delete-items')
    assert.ok(outcome.kind === 'hold')
    assert.match(outcome.reason, /did not retract the item: .*delete-items/)
  })

  test('is to a request that names what it names, whatever is in the names', async () => {
    const asked: string[] = []
    const session = {
      request: async ({ payload }: { payload: string }) => {
        asked.push(payload)
        return { kind: 'away' } as const
      },
    } as unknown as Parameters<typeof retractItem>[0]
    const signal = AbortSignal.abort()
    assert.equal((await retractItem(session, 'pubsub.example', { topic: 'a"<&', itemId: '>"', signal })).kind, 'retry')
    assert.deepEqual(asked, [
      '<pubsub xmlns="http://jabber.org/protocol/pubsub"><retract node="a&quot;&lt;&amp;" notify="true"><item id="&gt;&quot;"/></retract></pubsub>',
    ])
  })
})
