import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readPlainDocument } from '../../src/reading/plain-document.ts'
import { readPlainItem } from '../../src/reading/plain-item.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { parsedText } from '../../src/reading/well-formed.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { published, read } from '../relay/journey.ts'
import { additionalData, documentText, incidentText, ridText, schemas } from '../support/documents.ts'

const holding = (content: string, attributes = '') =>
  documentText([incidentText({ content: additionalData(content) })], attributes)
const XSI = ` xmlns:xsi="${NS.xsi}"`
const REFERENCE = (to: string) =>
  '<IndicatorData><Indicator><IndicatorID name="csirt.example" version="1">i1</IndicatorID>' +
  `<ObservableReference uid-ref="${to}"/></Indicator></IndicatorData>`
const itemOf = (text: string, context = '') => {
  const xml = published(read(text))[0]?.item.xml ?? ''
  return context === '' ? xml : xml.replace('</report>', `<context xmlns="${NS.context}">${context}</context></report>`)
}
const shell = (attributes: string, inside = '') =>
  `<document><IODEF-Document xmlns="${NS.iodef2}"${attributes}>${inside}</IODEF-Document></document>`

const INVALID = 'an item with a start tag that is not valid'

const PLAIN: readonly [name: string, text: string][] = [
  ['a document', documentText()],
  [
    'one with an XML declaration, comments and instructions',
    `<?xml version="1.0"?><!--<a>-->${documentText()}<?b <c> ?>`,
  ],
  ['one whose tags go over lines', documentText().replaceAll(' ', '\n  ')],
  ['CDATA and references', holding('<f xmlns="urn:f"><![CDATA[<&>]]>&lt;&#x41;"</f>')],
  ['no prefix that anybody declares', holding('<f xmlns="urn:f" a="http://h.example/">b:c</f>', ' xmlns:q="urn:q"')],
  [
    'prefixed elements, below a default namespace of somebody else',
    holding('<f xmlns="urn:f"/><q:g xmlns:q="urn:q">a</q:g>'),
  ],
  [
    'attributes of other namespaces inside',
    holding(`<f xmlns="urn:f"${XSI} xsi:schemaLocation="urn:f f.xsd" b="" a=""/>`),
  ],
  ['attributes of other namespaces at the top', documentText(undefined, `${XSI} xsi:schemaLocation="urn:f f.xsd"`)],
  ['a MUST that is broken, with its place', documentText([incidentText({ attributes: ' restriction="ext-value"' })])],
  ['a version that is tolerated', documentText().replace('2.00', '2.0')],
  [
    'two Incidents, one of which refers to the other',
    documentText([
      incidentText({ attributes: ' restriction="public" observable-id="o1"' }),
      incidentText({ id: '2', content: REFERENCE('o1') }),
    ]),
  ],
  ['white space between elements', documentText([` \n${incidentText()}\t`])],
  ['117 levels', holding(`${'<f xmlns="urn:f">'.repeat(114)}${'</f>'.repeat(114)}`)],
  ['a RID message', ridText(documentText())],
  ['one without a document', ridText(null, { msgType: 'Query' })],
  [
    'one with comments, and a stricter policy',
    ridText(`<!---->${documentText()}`, { policyAttributes: ' restriction="private"' }),
  ],
  ['an item', itemOf(documentText())],
  ['an item with a start tag of its document', itemOf(documentText(), shell(' version="2.00" xml:lang="en"'))],
  [INVALID, itemOf(documentText(), shell(' version="9"'))],
  ['one with a reference to a control', itemOf(documentText(), shell(' version="2.00" format-id="a&#9;b"'))],
  ['one with more than that', itemOf(documentText(), shell(' version="2.00"', additionalData('a', ' dtype="string"')))],
  ['an item of several', itemOf(documentText([incidentText(), incidentText({ id: '2' })]))],
  ['an item with a policy', itemOf(ridText(documentText(), { policyAttributes: ' restriction="public"' }))],
]

const ODD: readonly [name: string, text: string][] = [
  ['a prefix that is declared around it in a value', holding('<f xmlns="urn:f" a="q:b"/>', ' xmlns:q="urn:q"')],
  ['one in a text', holding('<f xmlns="urn:f">/q:*</f>', ' xmlns:q="urn:q"')],
  ['one that is declared behind it', holding('<f xmlns="urn:f">q:b</f><g xmlns="urn:f" xmlns:q="urn:q"/>')],
  ['a name of a default namespace', holding('<f xmlns="urn:f"><q:g xmlns:q="urn:q">a</q:g></f>')],
  [
    'attributes of other namespaces at the top and inside',
    holding(`<f xmlns="urn:f" xsi:schemaLocation="urn:f f.xsd"/>`, `${XSI} xsi:schemaLocation="urn:f f.xsd"`),
  ],
  ['xsi:type', holding(`<f xmlns="urn:f"${XSI} xsi:type="a"/>`)],
  ['an element without a namespace', holding('<f xmlns=""/>')],
  ['a carriage return in a text', holding('<f xmlns="urn:f">&#13;</f>')],
  ['a tab in an attribute', holding('<f xmlns="urn:f" a="&#9;"/>')],
  ['one in an attribute of another namespace', holding('<f xmlns="urn:f" xmlns:q="urn:q" q:a="&#9;"/>')],
  ['118 levels', holding(`${'<f xmlns="urn:f">'.repeat(115)}${'</f>'.repeat(115)}`)],
  [
    '65 attributes in one element',
    holding(`<f xmlns="urn:f" ${Array.from({ length: 65 }, (_, i) => `a${i}=""`).join(' ')}/>`),
  ],
  [
    'an identifier of 5,000 characters',
    documentText([incidentText({ attributes: ` observable-id="${'a'.repeat(5_000)}"` })]),
  ],
  [
    'an IndicatorID of 5,000 characters',
    documentText([incidentText({ content: REFERENCE('i1').replace('>i1<', `>${'i'.repeat(5_000)}<`) })]),
  ],
  ['a Signature', holding(`<Signature xmlns="${NS.ds}"/>`)],
  ['what the schema of items knows', holding(`<jid xmlns="${NS.jid}">a@b.example</jid>`)],
  ['a name of the fifth edition', holding('<\u{20000} xmlns="urn:f"/>')],
  ['an attribute that Brokers lose', holding('<f xmlns="urn:f" xml:foo=""/>')],
  ['an element of the XML namespace', holding('<xml:f/>')],
  ['a namespace name that is no URI', holding('<f xmlns="C:\\f"/>')],
  ['a reference to nowhere', documentText([incidentText({ content: REFERENCE('nowhere') })])],
  ['not valid', documentText([incidentText({ purpose: 'x' })])],
  ['an identifier beside the Incident', itemOf(documentText(), '<a xml:id="b"/>')],
  [
    'a reference that an identifier beside the Incident would answer',
    itemOf(documentText(), `<a xmlns="${NS.iodef2}" observable-id="o1"/>`).replace(
      '</Contact>',
      `</Contact>${REFERENCE('o1')}`,
    ),
  ],
  [
    'a reference to nowhere in an item',
    itemOf(documentText()).replace('</Contact>', `</Contact>${REFERENCE('nowhere')}`),
  ],
]

function isPlain(text: string): boolean {
  const parsed = parsedText(text)
  assert.ok(parsed.ok)
  using source = parsed
  return (readPlainDocument(schemas(), source, {}, () => true) ?? readPlainItem(schemas(), source, {})) !== undefined
}

for (const [kind, cases] of [
  ['plain', PLAIN],
  ['not plain', ODD],
] as const) {
  describe(kind, () => {
    for (const [name, text] of cases) {
      test(`${name}: read as it is step by step`, () => {
        assert.equal(isPlain(text), kind === 'plain')
        const careful = readDocument(schemas(), Buffer.from(text), { careful: true })
        assert.deepEqual(readDocument(schemas(), Buffer.from(text)), careful)
        if (kind === 'plain') assert.equal(careful.valid, name !== INVALID, careful.errors[0]?.message)
      })
    }
  })
}

test('more than a thousand namespace characters, and what its prefixes would make a hundred times as long, are refused the same', () => {
  const long = holding(`<f xmlns="${'u'.repeat(1001)}"/>`)
  const grown = holding(`<g xmlns:p="urn:${'p'.repeat(900)}">${'<p:a/><b/>'.repeat(20_000)}</g>`)
  for (const text of [long, grown]) {
    const careful = readDocument(schemas(), Buffer.from(text), { careful: true })
    assert.deepEqual(readDocument(schemas(), Buffer.from(text)), careful)
    assert.ok(!careful.valid)
  }
})

test('what turns out not to be plain as late as when it is described is read step by step', () => {
  const text = documentText([incidentText({ id: 'a<!---->'.repeat(9_000) })])
  const careful = readDocument(schemas(), Buffer.from(text), { careful: true })
  assert.deepEqual(readDocument(schemas(), Buffer.from(text)), careful)
})

test('an item whose document just does not fit the room for it is not read without the end of that document', () => {
  const [before = '', behind = ''] = itemOf(holding('<f xmlns="urn:f">HERE</f>')).split('HERE')
  const item = (n: number) => Buffer.from(`${before}${'>'.repeat(n)}${behind}`)
  const careful = (n: number) => readDocument(schemas(), item(n), { careful: true })
  // each of them is four characters of the document, and makes room for three
  const fits = 16_384 + 3 * item(0).length - (careful(0).document?.xml.length ?? 0)
  for (const n of [fits, fits + 1, fits + 17, fits + 18]) {
    assert.match(careful(n).document?.xml ?? '', /<\/IODEF-Document>$/)
    assert.deepEqual(readDocument(schemas(), item(n)), careful(n), `${n - fits} too many`)
  }
})

test('what is not valid, since many that have a text stand in each other around very much, takes no longer than step by step', () => {
  const nested = (name: string, ns: string, levels: number) =>
    `<${name} xmlns="${ns}">`.repeat(levels) + '<b/>x'.repeat(150_000) + `</${name}>`.repeat(levels)
  const url = nested('URL', NS.iodef1, 240)
  const texts = [
    holding(nested('IndicatorID', NS.iodef2, 100)),
    holding(nested('URL', NS.iodef2, 100)),
    ridText(documentText()).replace(/<RIDPolicy[^>]*>/, (open) => open + url),
    itemOf(documentText(), url),
    itemOf(documentText(), nested('IndicatorID', NS.iodef2, 240)),
  ]
  for (const text of texts) {
    const began = process.cpuUsage()
    assert.equal(isPlain(text), false)
    const { user } = process.cpuUsage(began)
    assert.ok(user < 2_500_000, `${user} µs`)
  }
})
