import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SendOutcome } from '../../src/outcome.ts'
import { createPeerSink } from '../../src/relay/peer-sink.ts'
import { encodePart } from '../../src/relay/stored-part.ts'
import { createTopicSink } from '../../src/relay/topic-sink.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'
import { TO_PEER } from '../support/sample-config.ts'
import { consume, delivery, peer, published, valid } from './journey.ts'

const signal = AbortSignal.timeout(60_000)
const parts = (text: string) => published(valid(text)).map(({ item }) => delivery(consume(item.xml)))

type Stubs = Partial<Pick<Parameters<typeof createPeerSink>[0], 'reread' | 'keepAnswer'>> & {
  readonly payloads?: ReadonlyMap<string, string>
}

function bench(to = peer(), result: SendOutcome = { kind: 'delivered', status: 200 }, stubs: Stubs = {}) {
  const { payloads = new Map(), ...rest } = stubs
  const sent: string[] = []
  const sink = createPeerSink({
    peer: to,
    sender: {
      send: async ({ write }) => {
        sent.push(write(TO_PEER))
        return result
      },
      [Symbol.asyncDispose]: async () => {},
    },
    store: { findPayload: async (_kind, _peer, item) => payloads.get(item), sourcesOf: async () => [] },
    keepAnswer: async () => assert.fail('answered'),
    ...rest,
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

const ANSWERED = { kind: 'delivered', status: 200, note: { code: 'answered', text: 'answered with a Report' } } as const
const ANSWER = { msgType: 'Report', text: ridText(documentText()) }

test('what a peer answers is kept before its question counts as delivered', async () => {
  const kept: unknown[] = []
  const keepAnswer = async (...args: unknown[]) => void kept.push(args)
  const { sink } = bench(peer(), { ...ANSWERED, answer: ANSWER }, { keepAnswer })
  const unit = parts(documentText())
  assert.deepEqual(await sink.send(unit, signal), ANSWERED)
  assert.deepEqual(kept, [[unit[0], ANSWER]])
})

test('a question whose answer cannot be stored is asked again', async () => {
  const keepAnswer = () => Promise.reject(new Error('disk full'))
  const { sink } = bench(peer(), { ...ANSWERED, answer: ANSWER }, { keepAnswer })
  assert.equal((await sink.send(parts(documentText()), signal)).kind, 'retry')
})

test('an answer that an operator retries goes nowhere: neither to a Topic nor to a peer', async () => {
  const [one] = parts(documentText())
  assert.ok(one)
  const unit = [{ ...one, payload: encodePart({ answer: 'csirt-a answered', message: ANSWER.text }) }]
  const { sent, sink } = bench()
  assert.deepEqual(await sink.send(unit, signal), { kind: 'hold', reason: 'csirt-a answered', only: one.id })
  assert.deepEqual(sent, [])
  const topic = createTopicSink({ publish: () => assert.fail('published') })
  assert.deepEqual(await topic.send(unit, signal), { kind: 'hold', reason: 'csirt-a answered' })
  const damaged = await topic.send([{ ...one, payload: '{' }], signal)
  assert.deepEqual(damaged, { kind: 'hold', reason: 'what the store kept of it is no item' })
})

test('a Topic is sent the item as it was made', async () => {
  const calls: unknown[][] = []
  const publish = async (...args: unknown[]): Promise<SendOutcome> => {
    calls.push(args)
    return calls.length === 1 ? { kind: 'delivered' } : { kind: 'hold', reason: 'forbidden' }
  }
  const sink = createTopicSink({ publish, room: () => 1 }, 0)
  const [one] = parts(documentText())
  assert.ok(one)
  const unit = [{ ...one, destination: 'incident', item: 'id', payload: '<report/>' }]
  assert.deepEqual(await sink.send(unit, signal), { kind: 'delivered' })
  assert.deepEqual(calls, [['incident', 'id', '<report/>', signal, true]])
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

/** A delivery whose payload is not what it was. */
function damaged(unit: ReturnType<typeof parts>, at: number, change: (part: Record<string, unknown>) => unknown) {
  return unit.map((one, i) => {
    if (i !== at) return one
    const changed = change(JSON.parse(one.payload) as Record<string, unknown>)
    return { ...one, payload: typeof changed === 'string' ? changed : JSON.stringify(changed) }
  })
}
const both = documentText([incidentText({ id: '1' }), incidentText({ id: '2' })])
const idsOf = (xml: string | undefined) => valid(xml ?? '').document.incidents.map(({ id }) => id.id)

for (const [name, change, reason] of [
  ['is not JSON', () => '{"version":2,', 'it is not JSON'],
  ['is no object', () => 'null', 'it is no object'],
  ['lost a field', ({ shell: _, ...rest }) => rest, 'shell is missing'],
  ['has a field of another type', (part) => ({ ...part, incidents: '<Incident/>' }), 'incidents is no list'],
  ['has no Incident', (part) => ({ ...part, incidents: [] }), 'incidents is empty'],
  ['is of an unknown MsgType', (part) => ({ ...part, msgType: 'Gossip' }), /^msgType is none of Report, Query/],
  ['is of a newer version of the gateway', (part) => ({ ...part, format: 2 }), /^its format is 2; .* knows 1$/],
] satisfies [string, (part: Record<string, unknown>) => unknown, string | RegExp][]) {
  test(`a delivery whose stored part ${name} is held with that reason, and not tried again and again`, async () => {
    const { sent, sink } = bench()
    const outcome = await sink.send(damaged(parts(documentText()), 0, change), signal)
    assert.ok(outcome.kind === 'hold', outcome.kind)
    const said = outcome.reason.replace('what the store kept of it cannot be read: ', '')
    if (typeof reason === 'string') assert.equal(said, reason)
    else assert.match(said, reason)
    assert.deepEqual(sent, [])
  })
}

for (const needed of [[], undefined, ['secret'], ['public', 'secret'], 'public', null]) {
  test(`a stored part goes to nobody because of its restrictions: ${JSON.stringify(needed)}`, async () => {
    const { sent, sink } = bench()
    const outcome = await sink.send(
      damaged(parts(documentText()), 0, (part) => ({ ...part, needed })),
      signal,
    )
    assert.equal(outcome.kind, 'hold')
    assert.match('reason' in outcome ? (outcome.reason ?? '') : '', /cannot be read: needed(\[\d\])? is /)
    assert.deepEqual(sent, [])
  })
}

test('one damaged part of a document is held alone, and the others go without it', async () => {
  const { sent, sink } = bench()
  const unit = damaged(parts(both), 1, (part) => ({ ...part, needed: [] }))
  const outcome = await sink.send(unit, signal)
  assert.equal(outcome.kind === 'hold' && outcome.only, unit[1]?.id)
  assert.deepEqual(sent, [])
  assert.equal((await sink.send(unit.slice(0, 1), signal)).kind, 'delivered')
  assert.deepEqual(idsOf(sent[0]), ['1'])
})

test('a damaged part of before completes no other document', async () => {
  const unit = parts(both)
  for (const change of [(part: object) => ({ ...part, needed: [] }), () => 'null', () => '{']) {
    const [, late] = damaged(unit, 1, change)
    const { sent, sink } = bench(peer(), undefined, { payloads: new Map([[late?.item ?? '', late?.payload ?? '']]) })
    assert.equal((await sink.send(unit.slice(0, 1), signal)).kind, 'delivered')
    assert.deepEqual(idsOf(sent[0]), ['1'])
  }
})

test('a part that is not among those of its document is held, since nothing of it would be sent', async () => {
  const { sent, sink } = bench()
  const unit = damaged(parts(both), 0, (part) => ({ ...part, items: ['f'.repeat(64)] }))
  assert.equal((await sink.send(unit.slice(0, 1), signal)).kind, 'hold')
  assert.deepEqual(sent, [])
})

test('an item that came again before its parts had a number of their format, retried, does not go out twice', async () => {
  const [one] = published(valid(documentText()))
  assert.ok(one)
  const late = consume(one.item.xml)
  const { sent, sink } = bench(peer(), undefined, {
    payloads: new Map([[late.item, JSON.stringify(late.part)]]),
    reread: async () => late,
  })
  const unit = [{ ...delivery(late), payload: JSON.stringify({ invalid: 'took too long', item: one.item.xml }) }]
  assert.equal((await sink.send(unit, signal)).kind, 'withhold')
  assert.deepEqual(sent, [])
})

test('items that were forged to be one document, and share an identifier, go out as messages that are valid', async () => {
  const observed = (id: string) =>
    incidentText({
      id,
      content:
        '<EventData><Flow><System observable-id="o-1"><Node><DomainData system-status="unknown" domain-status="unknown"><Name>a.example</Name></DomainData></Node></System></Flow></EventData>',
    }).replace('<Incident ', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" ')
  const incidents = ['1', '2', '3'].map((id) => (id === '2' ? observed('2').replace('o-1', 'o-2') : observed(id)))
  const list = incidents.map((xml) => consume(`<report xmlns="urn:xmpp:incident:2">${xml}</report>`).item)
  const context = (n: number) =>
    `<context xmlns="urn:x-iodef-gateway:context:1" position="${n + 1}" of="3" items="${list.join(' ')}"/>`
  const unit = incidents.map((xml, n) =>
    delivery(consume(`<report xmlns="urn:xmpp:incident:2">${xml}${context(n)}</report>`)),
  )
  const { sent, sink } = bench()
  assert.equal((await sink.send(unit, signal)).kind, 'delivered')
  assert.deepEqual(
    sent.map((message) => valid(message).document.incidents.map(({ id }) => id.id)),
    [['1', '2'], ['3']],
  )
})
