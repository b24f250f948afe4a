import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../src/config/types.ts'
import type { SendOutcome } from '../../src/outcome.ts'
import { createPeerSink, encodePart } from '../../src/relay/peer-sink.ts'
import { createTopicSink } from '../../src/relay/topic-sink.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'
import { consume, delivery, peer, published, valid } from './journey.ts'

const signal = AbortSignal.timeout(60_000)
const parts = (text: string) => published(valid(text)).map(({ item }) => delivery(consume(item.xml)))

function bench(to = peer(), result: SendOutcome = { kind: 'delivered', status: 200 }) {
  const sent: string[] = []
  const sink = createPeerSink({
    config: { rid: { name: 'gateway.example' } as Config['rid'] },
    peer: to,
    sender: {
      send: async ({ xml }) => {
        sent.push(xml)
        return result
      },
      [Symbol.asyncDispose]: async () => {},
    },
    store: { findPayload: async () => undefined, sourcesOf: async () => [] },
  })
  return { sent, sink }
}

test('one delivery is one valid RID message with the defaults of the peer', async () => {
  const { sent, sink } = bench(peer({ policy: { region: 'IntraConsortium', traffic: 'Network' } }))
  assert.deepEqual(await sink.send(parts(documentText()), signal), { kind: 'delivered', status: 200 })
  const { rid } = valid(sent[0] ?? '')
  assert.equal(rid?.msgType, 'Report')
  assert.deepEqual(rid?.policy?.regions, [{ region: 'IntraConsortium' }])
  assert.deepEqual(rid?.policy?.traffic, [{ type: 'Network' }])
  assert.deepEqual(rid?.incidentId, { name: 'csirt.example', instance: null, id: '1' })
})

test('policy is asked again before sending', async () => {
  const unit = parts(documentText([incidentText({ attributes: ' restriction="amber"' })]))
  for (const to of [peer({ restrictions: ['public'] }), peer({ topics: [] })]) {
    const { sent, sink } = bench(to)
    assert.equal((await sink.send(unit, signal)).kind, 'withhold')
    assert.deepEqual(sent, [])
  }
})

test('one part that may not go is kept back before anything of its document is sent', async () => {
  const [first, second] = parts(
    documentText([incidentText({ id: '1' }), incidentText({ id: '2', attributes: ' restriction="red"' })]),
  )
  assert.ok(first && second)
  const { sent, sink } = bench(peer({ restrictions: ['public'] }))
  const outcome = await sink.send([first, second], signal)
  assert.equal(outcome.kind === 'withhold' && outcome.only, second.id)
  assert.deepEqual(sent, [])
})

test('an invalid item that an operator retried is held again', async () => {
  const [one] = parts(documentText())
  assert.ok(one)
  const { sent, sink } = bench()
  const outcome = await sink.send([{ ...one, payload: encodePart({ invalid: 'line 1: no' }) }], signal)
  assert.deepEqual(outcome, { kind: 'hold', reason: 'line 1: no' })
  assert.deepEqual(sent, [])
})

test('what the sender says is what the queue hears', async () => {
  const result: SendOutcome = { kind: 'retry', reason: 'HTTP 503', retryAfter: 5000, destinationDown: false }
  assert.deepEqual(await bench(peer(), result).sink.send(parts(documentText()), signal), result)
})

test('a Topic is sent the item as it was made', async () => {
  const calls: unknown[][] = []
  const sink = createTopicSink({
    publish: async (...args) => {
      calls.push(args)
      return calls.length === 1 ? { kind: 'delivered' } : { kind: 'hold', reason: 'forbidden' }
    },
  })
  const [one] = parts(documentText())
  assert.ok(one)
  const unit = [{ ...one, destination: 'incident', item: 'id', payload: '<report/>' }]
  assert.deepEqual(await sink.send(unit, signal), { kind: 'delivered' })
  assert.deepEqual(calls, [['incident', 'id', '<report/>', signal]])
  assert.deepEqual(await sink.send(unit, signal), { kind: 'hold', reason: 'forbidden' })
})

test('two documents of the same Incidents in one unit are two messages', async () => {
  const both = documentText([incidentText({ id: '1' }), incidentText({ id: '2' })])
  const signature = (text: string) =>
    ridText(both).replace(
      '</ReportSchema>',
      `<Signature dtype="xml"><s xmlns="urn:s">${text}</s></Signature></ReportSchema>`,
    )
  const [one, two] = parts(signature('first'))
  const [other] = parts(signature('second'))
  assert.ok(one && two && other)
  const { sent, sink } = bench()
  assert.equal((await sink.send([one, two, other], signal)).kind, 'delivered')
  assert.equal(sent.length, 2)
  for (const [i, xml] of sent.entries()) {
    assert.deepEqual(
      valid(xml).document.incidents.map(({ id }) => id.id),
      ['1', '2'],
    )
    assert.match(valid(xml).rid?.signatures.join() ?? '', [/first/, /second/][i] ?? /never/)
  }
})

test('of two documents in one unit, the one behind a failure is not sent', async () => {
  const [one] = parts(documentText())
  assert.ok(one)
  const { sent, sink } = bench(peer(), { kind: 'hold', reason: 'HTTP 400' })
  assert.equal((await sink.send([one, one], signal)).kind, 'hold')
  assert.equal(sent.length, 1)
})
