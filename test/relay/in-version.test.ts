import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../src/errors.ts'
import { downgradedText } from '../../src/reading/downgraded-document.ts'
import { inVersion, lossesOf, tellLosses } from '../../src/relay/in-version.ts'
import { createPeerSink } from '../../src/relay/peer-sink.ts'
import { documentText, IODEF1, IODEF2, incidentText, ridText, schemas } from '../support/documents.ts'
import { TO_PEER } from '../support/sample-config.ts'
import { consume, delivery, peer, published, read, valid } from './journey.ts'

const downgrade = async (xml: string) => downgradedText(schemas(), xml)
const OLD = peer({ iodef: 1 })
const DOCUMENT = { xml: documentText(), version: 2, signatures: [] } as const

/** What a peer gets for this message on its way over a Topic, and what is told of it. */
async function sentTo(to: ReturnType<typeof peer>, text: string) {
  const told: unknown[] = []
  const messages: string[] = []
  const sink = createPeerSink({
    peer: to,
    sender: {
      send: async ({ write }) => {
        messages.push(write(TO_PEER))
        return { kind: 'delivered', status: 200 }
      },
      [Symbol.asyncDispose]: async () => {},
    },
    store: { findPayload: async () => undefined, sourcesOf: async () => [] },
    keepAnswer: async () => assert.fail('answered'),
    downgrade,
    tell: (...event) => void told.push(event),
  })
  const unit = published(valid(text)).map(({ item }) => delivery(consume(item.xml)))
  const outcome = await sink.send(unit, AbortSignal.timeout(60_000))
  return { outcome, told, message: messages[0] ?? '', unit }
}

describe('a peer that reads only IODEF 1', () => {
  test('is sent an IODEF 2 report as IODEF 1, named as RFC 6545 has it, and valid as such', async () => {
    const { message } = await sentTo(OLD, documentText())
    assert.match(message, /<ReportSchema Version="1\.0" XMLSchemaID="urn:ietf:params:xml:ns:iodef-1\.0">/)
    assert.match(message, new RegExp(`<XMLDocument dtype="xml" meaning="xml"><IODEF-Document xmlns="${IODEF1}"`))
    assert.ok(!message.includes(`<IODEF-Document xmlns="${IODEF2}"`), 'only as text')
    assert.equal(read(message).valid, true)
  })

  test('gives back the report as it was', async () => {
    const posted = valid(documentText([incidentText({ attributes: ' restriction="partner" status="new"' })]))
    const { message } = await sentTo(OLD, posted.document.xml)
    const back = valid(message)
    assert.equal(back.document.version, 2)
    assert.equal(back.document.xml, posted.document.xml)
    assert.deepEqual(back.document.needed, posted.document.needed)
    assert.match(back.remarks.join(), /made of the IODEF 2 document that travels along/)
  })

  test('is sent what came as IODEF 1 as it came', async () => {
    const old = `<IODEF-Document xmlns="${IODEF1}" version="1.00"  lang="en"><Incident purpose="reporting" restriction="public"><IncidentID name="old.example">1</IncidentID><ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment><Contact role="creator" type="person"/></Incident></IODEF-Document>`
    const item = published({ ...valid(old), document: upgraded(old) })[0]
    assert.ok(item)
    const { message, outcome } = await sentTo(OLD, item.item.xml)
    assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
    assert.ok(message.includes(valid(old).document.xml))
  })

  test('is told of nothing that the trace does not say was left out', async () => {
    const { outcome, told, unit } = await sentTo(OLD, documentText([incidentText({ attributes: ' status="new"' })]))
    assert.deepEqual(outcome, {
      kind: 'delivered',
      status: 200,
      note: { code: 'downgraded', text: 'Sent as IODEF 1, without Incident/@status.' },
    })
    const { id, incident } = unit[0] ?? assert.fail()
    assert.deepEqual(told, [['downgraded', { delivery: id, destination: 'csirt-a', incident, lost: 1 }]])
  })

  test('keeps the Signature beside the document, which is that of the document that travels along', async () => {
    const signature = '<Signature dtype="xml"><s xmlns="urn:s">x</s></Signature>'
    const posted = ridText(documentText()).replace('</ReportSchema>', `${signature}</ReportSchema>`)
    const { message } = await sentTo(OLD, posted)
    assert.deepEqual(valid(message).rid?.signatures, valid(posted).rid?.signatures)
    assert.equal(valid(message).document.original?.text, valid(posted).document.original?.text)
  })
})

function upgraded(old: string) {
  const { upgraded: made } = valid(old).document
  assert.ok(made !== null && !('invalid' in made))
  return made
}

test('a peer that reads IODEF 2 is sent it', async () => {
  const { message, outcome } = await sentTo(peer({ iodef: 2 }), documentText())
  assert.ok(message.includes(`<IODEF-Document xmlns="${IODEF2}"`))
  assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
})

test('what cannot be written as IODEF 1 is held with the reason, and nothing is sent', async () => {
  const sink = createPeerSink({
    peer: OLD,
    sender: { send: () => assert.fail('sent'), [Symbol.asyncDispose]: async () => {} },
    store: { findPayload: async () => undefined, sourcesOf: async () => [] },
    keepAnswer: async () => assert.fail('answered'),
    downgrade: async () => ({ kind: 'impossible', reason: 'too large' }),
  })
  const [one] = published(valid(documentText())).map(({ item }) => delivery(consume(item.xml)))
  assert.ok(one)
  const outcome = await sink.send([one], AbortSignal.timeout(60_000))
  assert.deepEqual(outcome, { kind: 'hold', reason: 'it cannot be written as IODEF 1: too large', only: one.id })
})

describe('a reader thread that fails', () => {
  test('holds the document where that is its fault', async () => {
    const failing = () => Promise.reject(new GatewayError('intake-timeout'))
    const written = await inVersion({ iodef: 1 }, DOCUMENT, failing)
    assert.match('impossible' in written ? written.impossible : '', /cannot be written as IODEF 1/)
  })

  test('is asked again where that is not', async () => {
    const busy = () => Promise.reject(new GatewayError('intake-busy'))
    await assert.rejects(inVersion({ iodef: 1 }, DOCUMENT, busy), { code: 'intake-busy' })
  })
})

test('losses are named and counted', () => {
  assert.deepEqual(lossesOf({}), { lost: 0, text: 'Sent as IODEF 1.' })
  assert.deepEqual(lossesOf({ Discovery: 2, 'Incident/@status': 1 }), {
    lost: 3,
    text: 'Sent as IODEF 1, without Discovery (2), Incident/@status.',
  })
})

test('what the peer said of it stays before what it was sent without', () => {
  const outcome = { kind: 'delivered', note: { code: 'promised', text: 'Promised.' } } as const
  const of = { id: 'd', incident: 'i' }
  const told = tellLosses(() => assert.fail('nothing is lost'), { name: 'p' }, of, outcome, {})
  assert.deepEqual(told.note, { code: 'promised', text: 'Promised. Sent as IODEF 1.' })
})
