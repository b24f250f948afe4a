import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IqAnswer } from '../../../src/grid/xmpp/iq.ts'
import { request } from '../../../src/grid/xmpp/request.ts'

const { signal } = new AbortController()

/** A line of a Controller that takes no longer stanzas; what is written to it. */
function line(longestStanza: number | undefined) {
  const written: string[] = []
  const ask = async ({ payload }: { readonly payload: string }): Promise<IqAnswer> => {
    written.push(payload)
    return { kind: 'timeout' }
  }
  return { written, session: { longestStanza, request: ask } }
}

const ask = ({ session }: ReturnType<typeof line>, xml: string) =>
  request(session, { to: 'soc@grid.example/tool', type: 'set', xml }, signal)

test('an IQ that is longer than the Controller takes ends no stream: it is refused', async () => {
  const short = line(10)
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
  const any = line(undefined)
  for (const xml of ['<a>\u0000</a>', '<a>', '<a/></stream:stream>', '<a>&b;</a>']) {
    const reply = await ask(any, xml)
    assert.equal(reply.kind === 'error' && reply.condition, 'undefined-condition', xml)
  }
  assert.deepEqual(any.written, [])
})
