import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import type { IqAnswer } from '../../../src/grid/xmpp/iq.ts'
import { createRequests } from '../../../src/grid/xmpp/request.ts'

const { signal } = new AbortController()

/** A line of a Controller that takes no longer stanzas; what is written to it. `condition`: it ends the stream at each. */
function line({ longestStanza, condition }: { readonly longestStanza?: number; readonly condition?: string }) {
  const written: string[] = []
  const ended = new GatewayError('grid-away', 'Ended.', { fields: { condition, said: `${condition} (too big)` } })
  const request = async ({ payload }: { readonly payload: string }): Promise<IqAnswer> => {
    written.push(payload)
    return { kind: condition === undefined ? 'timeout' : 'away' }
  }
  return { written, longestStanza, request, closed: Promise.resolve(ended) }
}

const long = (text: string) => `<a>${text.repeat(20_000)}</a>`

function asker() {
  const requests = createRequests()
  return (session: ReturnType<typeof line>, xml: string) =>
    requests(session, { to: 'soc@grid.example/tool', type: 'set', xml }, signal)
}

test('an IQ that is longer than the Controller takes ends no stream: it is refused', async () => {
  const [ask, short] = [asker(), line({ longestStanza: 10 })]
  assert.deepEqual(await ask(short, `<a>${'x'.repeat(20)}</a>`), {
    kind: 'error',
    type: 'modify',
    condition: 'policy-violation',
    reason: 'It needs a stanza of 27 bytes; the Controller takes 10, less than grid.maxItem.',
  })
  assert.deepEqual(short.written, [])
  assert.equal((await ask(short, '<a>x</a>')).kind, 'unanswered')
})

test('an IQ that is not one well-formed element ends no stream: it is refused', async () => {
  const [ask, any] = [asker(), line({})]
  for (const xml of ['<a>\u0000</a>', '<a>', '<a/></stream:stream>', '<a>&b;</a>']) {
    const reply = await ask(any, xml)
    assert.match(reply.kind === 'error' ? reply.reason : '', /^It cannot be sent: /, xml)
  }
  assert.deepEqual(any.written, [])
})

test('an IQ that a Controller without a limit of its own ends the stream for is not sent for ever', async () => {
  const ask = asker()
  const ends = () => line({ condition: 'policy-violation' })
  assert.equal((await ask(ends(), long('x'))).kind, 'away')
  assert.equal((await ask(ends(), long('yz'))).kind, 'away')
  assert.deepEqual(await ask(ends(), long('x')), {
    kind: 'error',
    type: 'modify',
    condition: 'policy-violation',
    reason:
      'The Controller ended the stream (policy-violation (too big)) twice while this IQ of 20007 bytes was sent. Perhaps it takes less than grid.maxItem.',
  })
  assert.equal((await ask(ends(), long('x'))).kind, 'away', 'should an operator try it again, it is tried')
})

test('an IQ that was on a line that ended for another reason, or is short, is sent again and again', async () => {
  const ask = asker()
  for (let i = 0; i < 5; i += 1) {
    assert.equal((await ask(line({ condition: 'system-shutdown' }), long('x'))).kind, 'away')
    assert.equal((await ask(line({ condition: 'policy-violation' }), '<a/>')).kind, 'away')
  }
})

test('an IQ that got through since is not held to be what ended a stream for another stanza, long before', async () => {
  const ask = asker()
  const ends = () => line({ condition: 'policy-violation' })
  for (let i = 0; i < 3; i += 1) {
    assert.equal((await ask(ends(), long('x'))).kind, 'away')
    assert.equal((await ask(line({}), long('x'))).kind, 'unanswered')
  }
})
