import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { downgradedText } from '../../src/reading/downgraded-document.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { read, valid } from '../relay/journey.ts'
import { documentText, incidentText, schemas } from '../support/documents.ts'
import { fixtures } from '../support/reports.ts'

const V2 = documentText([
  incidentText({ attributes: ' restriction="partner" status="new"' }),
  incidentText({ id: '2' }),
])

/** The IODEF 1 of a document, as it goes out. */
function sent(text = V2): string {
  const made = downgradedText(schemas(), valid(text).document.original?.text ?? valid(text).document.xml)
  assert.ok(made.kind === 'downgraded', JSON.stringify(made))
  return made.xml
}

const HOLDER = /<AdditionalData dtype="string" formatid="urn:x-iodef-gateway:iodef-2:1"[^>]*>([^<]+)<\/AdditionalData>/

/** The IODEF 1 of `outer` with what travels along in that of `inner`, changed by whoever sends it. */
function forged(outer: string, inner: string): string {
  const holder = HOLDER.exec(sent(inner))?.[0] ?? assert.fail()
  return sent(outer).replace(HOLDER, () => holder)
}

/** With another text travelling along. */
function carrying(text: string, outer = V2): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return sent(outer).replace(HOLDER, (all, whole) => all.replace(whole, () => escaped))
}

function refusal(text: string): string {
  const { valid: isValid, errors, document } = read(text)
  assert.equal(isValid, false)
  assert.equal(document, null)
  assert.equal(errors.length, 1)
  return errors[0]?.message ?? ''
}

const one = (attributes: string, more: Parameters<typeof incidentText>[0] = {}) =>
  documentText([incidentText({ attributes, ...more })])
const PUBLIC = one(' restriction="public"')

describe('an IODEF 1 document with a whole document inside', () => {
  test('is refused where that has another IncidentID', () => {
    const other = one(' restriction="public"', { id: 'other' })
    assert.match(refusal(forged(PUBLIC, other)), /that travels along in it has other Incidents: the IncidentIDs differ/)
  })

  test('is refused where that has more Incidents', () => {
    assert.match(refusal(forged(PUBLIC, V2)), /IncidentIDs differ/)
  })

  test('is refused where that has another purpose, which a route may go by', () => {
    const other = one(' restriction="public"', { purpose: 'mitigation' })
    assert.match(refusal(forged(PUBLIC, other)), /another purpose/)
    const word = one(' restriction="public" ext-purpose="drill"', { purpose: 'ext-value' })
    assert.match(
      refusal(forged(word, one(' restriction="public" ext-purpose="war"', { purpose: 'ext-value' }))),
      /another/,
    )
  })

  test('is refused where that is more strictly restricted than it shows', () => {
    const inner = one(' restriction="red"')
    const outer = forged(PUBLIC, inner).replace(/(<AdditionalData [^>]*) restriction="[^"]*"/, '$1')
    assert.match(refusal(outer), /restricted more strictly than what is around it/)
    const deep = one(' restriction="public"', {
      content: '<AdditionalData dtype="string" restriction="default">x</AdditionalData>',
    })
    const flat = forged(PUBLIC, deep).replace(/(<AdditionalData [^>]*) restriction="[^"]*"/, '$1 restriction="public"')
    assert.match(refusal(flat), /more strictly/)
  })

  test('is refused where that is not valid, and says where', () => {
    assert.match(
      refusal(carrying(V2.replace(/<GenerationTime>[^<]*<\/GenerationTime>/, ''))),
      /is not valid, in its line 1: .*GenerationTime/,
    )
    assert.match(refusal(carrying('<IODEF-Document')), /is not valid/)
    assert.match(refusal(carrying('')), /is not valid/)
  })

  test('is refused where that has a DTD, a depth or identifiers that would be refused alone', () => {
    assert.match(refusal(carrying(`<!DOCTYPE x [<!ENTITY a "b">]>${V2}`)), /is not valid.*DOCTYPE/)
    const twice = one(' restriction="public" observable-id="a"', { content: '<EventData observable-id="a"/>' })
    assert.match(refusal(carrying(twice, PUBLIC)), /is not valid.*already used/)
    const deep = `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`
    const data = one(' restriction="public"', { content: `<AdditionalData dtype="xml">${deep}</AdditionalData>` })
    assert.equal(read(data).valid, false)
    assert.equal(read(carrying(data, PUBLIC)).valid, false)
  })

  test('is refused where that is another format: IODEF 1 again, or RID', () => {
    assert.match(refusal(carrying(sent(PUBLIC), PUBLIC)), /is IODEF 1; only an IODEF 2 document may travel so/)
  })

  test('is taken as it stands where somebody changed it, with the log told', () => {
    const changed = sent().replace('<ContactName>A</ContactName>', '<ContactName>B</ContactName>')
    const { document, remarks } = valid(changed)
    assert.equal(document.version, 1)
    assert.match(document.xml, /<ContactName>B</)
    assert.match(remarks.join(), /not what the IODEF 2 document that travels along in it would be/)
    assert.match(JSON.stringify(document.upgraded), /travel|iodef-2:1/)
  })

  test('is taken as it stands where somebody restricted it more strictly', () => {
    const { document } = valid(sent().replace('restriction="need-to-know"', 'restriction="private"'))
    assert.equal(document.version, 1)
    assert.deepEqual(document.needed, ['private'])
  })

  test('is what it was where somebody wrote the same in other characters', () => {
    const respelled = sent()
      .replace(' lang="und"', "  lang='und'")
      .replace('?>', '?>\n')
      .replace(/<Contact /g, '\n  <Contact ')
    assert.equal(valid(respelled).document.xml, valid(V2).document.xml)
    assert.equal(valid(respelled).document.version, 2)
  })

  test('is judged by strict rules where its sender is', () => {
    const broken = fixtures('valid').find(({ name }) => name === 'text-rules-broken.xml') ?? assert.fail()
    const made = Buffer.from(sent(Buffer.from(broken.bytes).toString()))
    assert.equal(readDocument(schemas(), made, {}).valid, true)
    const { errors } = readDocument(schemas(), made, { strict: true })
    assert.match(errors[0]?.message ?? '', /travels along in it is not valid/)
  })

  test('stays IODEF 1 for who validates a file', () => {
    assert.equal(read(sent()).format, 'IODEF 1')
  })
})

test('an IODEF 1 document of a stranger without our mark is left alone', () => {
  const plain = sent().replace('urn:x-iodef-gateway:iodef-2:1', 'urn:other')
  assert.equal(valid(plain).document.version, 1)
  assert.deepEqual(valid(plain).remarks, [])
})

test('only the first Incident of the document itself is looked into', () => {
  const moved = sent()
    .replace(HOLDER, '')
    .replace(/<\/Incident><\/IODEF-Document>$/, (end) => `${HOLDER.exec(sent())?.[0]}${end}`)
  const { document } = valid(moved)
  assert.equal(document.version, 1)
})
