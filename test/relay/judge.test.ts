import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judge } from '../../src/relay/judge.ts'
import { firstObjection } from '../../src/relay/objection.ts'
import { additionalData, documentText, IODEF2, incidentText, RID, ridText } from '../support/documents.ts'
import { grid, peer, plan, read, valid } from './journey.ts'

test('the first objection that holds is the one that counts', () => {
  const list = [
    { name: 'odd', when: (n: number) => n % 2 === 1, answer: 'a' },
    { name: 'large', when: (n: number) => n > 9, answer: 'b' },
    { name: 'very large', when: (n: number) => n > 99, answer: 'c' },
  ]
  assert.deepEqual(
    [1, 11, 100, 2].map((n) => firstObjection(list, n)?.name),
    ['odd', 'odd', 'large', undefined],
  )
})

const ITEM = `<report xmlns="urn:xmpp:incident:2">${incidentText().replace('<Incident', `<Incident xmlns="${IODEF2}"`)}</report>`
const BAD_V1 = `<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-1.0" version="1.00" lang="en"><Incident purpose="reporting"><IncidentID name="a">1</IncidentID><ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment><Contact role="creator" type="person"/>${additionalData(`<Incident xmlns="${IODEF2}"/>`)}</Incident></IODEF-Document>`
const NOBODY = { accept: [], publish: [], restrictions: [] }

/** What breaks more than one thing, in the order of what is said of it. */
const JUDGED: readonly [name: string, text: string, kind: string, code: string][] = [
  ['not well-formed', '<a', 'problem', 'invalid'],
  ['not valid', documentText([]), 'problem', 'invalid'],
  ['an item', ITEM, 'problem', 'improper'],
  ['a RID message without policy', `<RID xmlns="${RID}" lang="en"/>`, 'problem', 'improper'],
  ['two documents', ridText(documentText() + documentText()), 'problem', 'improper'],
  ['a type that this peer may not send', ridText(null, { msgType: 'Query' }), 'problem', 'msg-type'],
  [
    'a type that nobody knows',
    ridText(documentText(), { msgType: 'ext-value" ext-MsgType="x' }),
    'problem',
    'msg-type',
  ],
]
for (const [name, text, kind, code] of JUDGED) {
  test(`${name} is ${code}, whatever else is wrong`, () => {
    const judged = judge(grid({ restrictions: [] }), peer(NOBODY), read(text))
    assert.deepEqual([judged.kind, judged.kind !== 'accepted' && judged.code], [kind, code])
  })
}

for (const [name, text, code, justification] of [
  ['a message without a document', ridText(null), 'no-document', 'CannotProcess'],
  ['a document of another kind', ridText('<x xmlns="urn:x"/>'), 'format', 'UnrecognizedFormat'],
  ['an IODEF 1 document that has no upgrade', BAD_V1, 'format', 'UnrecognizedFormat'],
  ['a document that may not go anywhere', documentText(), 'not-allowed', 'CannotProcess'],
] as const) {
  test(`${name} is denied with ${code}`, () => {
    const judged = judge(grid({ restrictions: [] }), peer({ publish: [] }), read(text))
    assert.ok(judged.kind === 'denied', JSON.stringify(judged))
    assert.deepEqual([judged.code, judged.justification, judged.msgType], [code, justification, 'Report'])
  })
}

test('what is too large for the Broker is a problem with its figures, and what fits is accepted with its items', () => {
  const large = judge(grid({}, 100), peer(), valid(documentText()))
  assert.ok(large.kind === 'problem')
  assert.deepEqual([large.code, large.problem.status, large.incidents], ['too-large', 413, ['csirt.example 1']])
  assert.match(large.problem.detail ?? '', /would have \d+ bytes; the Broker takes at most 100/)
  const fine = judge(grid(), peer(), valid(documentText()))
  assert.ok(fine.kind === 'accepted')
  assert.equal(fine.publications.length, 1)
})

test('an IODEF 1 report of 120 KB is refused with the reason that its size alone does not give', () => {
  const v1 = (size: number) =>
    `<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-1.0" version="1.00" lang="en"><Incident purpose="reporting" restriction="public"><IncidentID name="a">1</IncidentID><ReportTime>2026-01-01T00:00:00Z</ReportTime><Description>${'x'.repeat(size)}</Description><Assessment><Impact/></Assessment><Contact role="creator" type="person"/></Incident></IODEF-Document>`
  const large = judge(grid({}, 250_000), peer(), valid(v1(120_000)))
  assert.ok(large.kind === 'problem')
  assert.match(large.problem.detail ?? '', /at most 250000\. 160\d{3} are the document as it came: it is IODEF 1, and/)
  assert.equal(judge(grid({}, 250_000), peer(), valid(v1(100_000))).kind, 'accepted')
  // raising the limit is what helps
  assert.equal(judge(grid({}, 300_000), peer(), valid(v1(120_000))).kind, 'accepted')
})

test('a denial without a document names the incident of the message', () => {
  const id = '<IncidentID xmlns="urn:ietf:params:xml:ns:iodef-1.0" name="a.example">7</IncidentID>'
  const judged = judge(grid(), peer(), valid0(ridText(null, { incidentId: id })))
  assert.deepEqual(judged.incidents, ['a.example 7'])
})

function valid0(text: string) {
  const inspection = read(text)
  assert.ok(inspection.valid, inspection.errors[0]?.message)
  return inspection
}

test('the plan objects to the type first, to one Incident after another, and then to the document', () => {
  const restricted = incidentText({ id: '1', attributes: ' restriction="red"' })
  const elsewhere = incidentText({ id: '2', purpose: 'watch' })
  const config = {
    ...grid({ restrictions: ['public'] }),
    routes: [{ match: { purpose: ['reporting'] }, topic: 'incident' }],
  }
  const code = (text: string, type: 'Report' | 'Acknowledgement' = 'Report') => {
    const made = plan(valid(text), config, peer(), type)
    return made.kind === 'denied' ? made.code : made.kind
  }
  assert.equal(code(documentText([elsewhere]), 'Acknowledgement'), 'no-element')
  assert.equal(code(documentText([restricted, elsewhere])), 'restriction')
  assert.equal(code(documentText([elsewhere, restricted])), 'no-route')
  const uncarriable = additionalData('<x xmlns="urn:x" xmlns:p="urn:a b" p:y=""/>')
  assert.equal(code(documentText([incidentText({ content: uncarriable })])), 'cannot-carry')
  assert.equal(
    code(documentText([incidentText({ content: uncarriable, attributes: ' restriction="red"' })])),
    'restriction',
  )
})
