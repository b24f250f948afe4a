import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contentModel } from '../../src/iodef/content-model.ts'
import { claimedIncidents } from '../../src/reading/claimed-incidents.ts'
import { decodeDocument } from '../../src/reading/decode-document.ts'
import { recognize } from '../../src/reading/format.ts'
import { readText } from '../../src/reading/read-text.ts'
import { sourceText } from '../../src/reading/source-text.ts'
import { wellFormed } from '../../src/reading/well-formed.ts'
import { withinLimits } from '../../src/reading/within-limits.ts'
import { DocumentLimit } from '../../src/xml/limits.ts'
import { normalForm } from '../../src/xml/normal-form.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { elements } from '../../src/xml/tree.ts'
import { documentText, IODEF1, IODEF2, incidentText, RID, ridText, schemas } from '../support/documents.ts'

/** Each step of reading by itself; what they do together is in read-document.test.ts. */
test('decode: characters, or an Inspection that says where they end', () => {
  assert.deepEqual(decodeDocument(Buffer.from('é'), undefined).ok, true)
  const decoded = decodeDocument(Buffer.from([0x61, 0xff]), 'utf-8')
  assert.ok(!decoded.ok)
  assert.deepEqual([decoded.refused.format, decoded.refused.valid, decoded.refused.root], ['unknown', false, ''])
})

test('well-formed: a tree of ours and one of libxml2, which is given back', () => {
  const formed = wellFormed('<a xmlns="urn:a"><b/></a>')
  assert.ok(formed.ok)
  assert.deepEqual([formed.root.ns, formed.root.local, elements(formed.root).length], ['urn:a', 'a', 1])
  formed[Symbol.dispose]()
  for (const text of ['', '<a', '<a><b></a>', '<p:a/>', '<!DOCTYPE a><a/>'])
    assert.equal(wellFormed(text).ok, false, text)
})

const FORMATS: readonly [text: string, format: string, ok: boolean, hasDocument: boolean][] = [
  [documentText(), 'IODEF 2', true, true],
  [`<IODEF-Document xmlns="${IODEF1}"/>`, 'IODEF 1', true, true],
  [ridText(documentText()), 'RID', true, true],
  [ridText('<other xmlns="urn:x"/>'), 'RID', true, false],
  [ridText(null), 'RID', true, false],
  ['<report xmlns="urn:xmpp:incident:2"/>', 'XEP-0268', true, false],
  ['<anything xmlns="urn:xmpp:incident:2"/>', 'XEP-0268', true, false],
  [`<Incident xmlns="${IODEF2}"/>`, 'IODEF 2', false, false],
  [`<RIDPolicy xmlns="${RID}"/>`, 'RID', false, false],
  ['<IODEF-Document/>', 'unknown', false, false],
]
for (const [text, format, ok, hasDocument] of FORMATS) {
  test(`format: ${text.slice(0, 60)} is ${format}${ok ? '' : ', and refused'}`, () => {
    const recognized = recognize(scan(text))
    assert.equal(recognized.ok, ok)
    assert.equal(recognized.ok ? recognized.format : recognized.refused.format, format)
    assert.equal(recognized.ok && recognized.document !== undefined, hasDocument)
  })
}

test('claimed incidents: of any namespace, each once, without the empty ones, at most twenty', () => {
  const claim = (id: string, ns = '') => `<Incident${ns}><IncidentID name="a">${id}</IncidentID></Incident>`
  const text = `<x>${claim('1')}${claim('')}${claim('2', ' xmlns="urn:x"')}${claim('1')}<Incident/></x>`
  assert.deepEqual(claimedIncidents(scan(text)), ['a 1', 'a 2'])
  assert.deepEqual(claimedIncidents(elements(scan(text))), ['a 1', 'a 2'])
  const many = `<x>${Array.from({ length: 50 }, (_, i) => claim(String(i))).join('')}</x>`
  assert.equal(claimedIncidents(scan(many)).length, 20)
})

test('source text: the very characters, with what they need from around them, or none', () => {
  const text = `<p:a xmlns:p="urn:p" xmlns:q="urn:q"><p:b q:c='1' ><!-- kept --></p:b></p:a>`
  const root = scan(text)
  const [inner] = elements(root)
  assert.ok(inner)
  const normal = normalForm(inner, contentModel)
  const found = sourceText(text, root, inner, normal)
  assert.equal(found, `<p:b xmlns:p="urn:p" xmlns:q="urn:q" q:c='1' ><!-- kept --></p:b>`)
  assert.equal(sourceText(text, root, inner, `${normal} and more`), undefined)
})

test('source text: what an xsi:type names is declared, though no name of the text needs it', () => {
  const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
  const text = `<a ${xsi} xmlns:t="urn:t" xmlns="urn:d"><p:b xmlns:p="urn:p" xsi:type="t:T"><p:c xsi:type="U"/></p:b></a>`
  const root = scan(text)
  const [inner] = elements(root)
  assert.ok(inner)
  const found = sourceText(text, root, inner, normalForm(inner, contentModel)) ?? ''
  for (const declaration of [xsi, 'xmlns:t="urn:t"', 'xmlns="urn:d"']) assert.ok(found.includes(declaration), found)
})

test('a limit that any step meets is an error of the document; any other fault is not', () => {
  const over = withinLimits(() => {
    throw new DocumentLimit('too much', { line: 2, column: 3 })
  })
  assert.deepEqual(over.errors, [{ line: 2, column: 3, message: 'too much' }])
  assert.throws(
    () =>
      withinLimits(() => {
        throw new TypeError('ours')
      }),
    TypeError,
  )
})

test('again, as a document of its own: what an item holds is judged like what is posted, but for items', () => {
  const document = readText(schemas(), documentText([incidentText({ id: '7' })]), {}).document
  assert.deepEqual(
    document?.incidents.map(({ key }) => key),
    ['csirt.example 7'],
  )
  const item = `<report xmlns="urn:xmpp:incident:2">${incidentText().replace('<Incident', `<Incident xmlns="${IODEF2}"`)}</report>`
  const { format, item: none, document: nor } = readText(schemas(), item, {})
  assert.deepEqual([format, none, nor], ['XEP-0268', null, null])
})
