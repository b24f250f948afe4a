import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readDocument } from '../../src/reading/read-document.ts'
import { read, valid } from '../relay/journey.ts'
import { additionalData, documentText, IODEF1, incidentText, ridText, schemas } from '../support/documents.ts'

const V1 =
  `<IODEF-Document xmlns="${IODEF1}" version="1.00" lang="en"><Incident purpose="reporting"><IncidentID name="a">1</IncidentID>` +
  '<ReportTime>2026-01-01T00:00:00Z</ReportTime><Assessment><Impact/></Assessment><Contact role="creator" type="person"/></Incident></IODEF-Document>'

test('every format is told by its root', () => {
  assert.equal(valid(documentText()).format, 'IODEF 2')
  assert.equal(valid(V1).format, 'IODEF 1')
  assert.equal(valid(ridText(documentText())).format, 'RID')
  assert.equal(
    valid(
      `<report xmlns="urn:xmpp:incident:2">${incidentText().replace('<Incident ', '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" ')}</report>`,
    ).format,
    'XEP-0268',
  )
  assert.equal(read('<a/>').format, 'unknown')
  assert.equal(read('<a').format, 'unknown')
})

const PLACED: readonly [name: string, text: string | Buffer, line: number, column: number, message: RegExp][] = [
  ['not well-formed', '<a>\n <b></c></a>', 2, 9, /b/],
  ['a DTD behind comments and instructions', '<?xml version="1.0"?>\n<!-- c -->\n <?p?><!DOCTYPE a><a/>', 3, 7, /DTD/],
  ['not UTF-8', Buffer.concat([Buffer.from('<a>\n\n'), Buffer.from([0xc3, 0x28])]), 3, 1, /UTF-8/],
  ['an unknown root', '<!-- c -->\n  <a xmlns="urn:x"/>', 2, 3, /"a" \(namespace "urn:x"\)/],
  [
    'another element as root',
    '\n<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"/>',
    2,
    1,
    /expected IODEF-Document/,
  ],
  [
    'an error of the schema',
    documentText([`\n  ${incidentText()}`, `\n\n   ${incidentText({ purpose: 'x' })}`]),
    4,
    4,
    /purpose/,
  ],
  [
    'an error of the schema inside RID',
    ridText(`\n${documentText([`\n ${incidentText({ purpose: 'x' })}`])}`),
    3,
    2,
    /purpose/,
  ],
  [
    'an error of the schema on a prefixed element',
    `<i:IODEF-Document xmlns:i="urn:ietf:params:xml:ns:iodef-2.0" version="2.00">\n <i:Incident purpose="x"/>\n</i:IODEF-Document>`,
    2,
    2,
    /purpose/,
  ],
  [
    'an identifier twice',
    documentText([
      `\n${incidentText({ content: '\n<EventData observable-id="a"><Description>x</Description></EventData>\n <EventData observable-id="a"><Description>x</Description></EventData>' })}`,
    ]),
    4,
    2,
    /"?'?a/,
  ],
  [
    'a reference to nowhere',
    documentText([
      incidentText({
        content:
          '<IndicatorData><Indicator><IndicatorID name="a.b" version="1">i</IndicatorID>\n <ObservableReference uid-ref="x"/></Indicator></IndicatorData>',
      }),
    ]),
    2,
    2,
    /uid-ref/,
  ],
  [
    'a namespace name of 2,000 characters',
    documentText([incidentText({ content: additionalData(`\n <x xmlns="urn:${'x'.repeat(2000)}"/>`) })]),
    2,
    2,
    /namespace name/,
  ],
  ['nothing at all', '', 1, 1, /nothing/i],
]

for (const [name, text, line, column, message] of PLACED) {
  test(`an error with its place: ${name}`, () => {
    const inspection = read(text)
    assert.equal(inspection.valid, false)
    assert.equal(inspection.document, null)
    const [first] = inspection.errors
    assert.deepEqual([first?.line, first?.column], [line, column], first?.message)
    assert.match(first?.message ?? '', message)
  })
}

test('a document of 16 MiB and more is not even looked at', () => {
  const { valid: fine, errors } = read(Buffer.alloc(16 * 1_048_576 + 1, ' '))
  assert.equal(fine, false)
  assert.match(errors[0]?.message ?? '', /more than 16777216 bytes/)
})

test('errors are in the order of the text, at most twenty, and counted', () => {
  const { errors, more } = read(documentText(Array.from({ length: 70 }, () => `\n${incidentText({ purpose: 'x' })}`)))
  assert.equal(errors.length + more, 70)
  assert.deepEqual(
    errors.map((e) => e.line),
    errors.map((e) => e.line).toSorted((a, b) => a - b),
  )
  assert.equal(errors.length, 20)
})

test('rules of the text are warnings, and errors where strict is asked for; advice is neither', () => {
  const broken = documentText([incidentText({ content: '<EventData/>' })])
  assert.match(valid(broken).warnings[0]?.message ?? '', /^RFC 7970 §/)
  const strict = readDocument(schemas(), Buffer.from(broken), { strict: true })
  assert.equal(strict.valid, false)
  assert.match(strict.errors[0]?.message ?? '', /^RFC 7970 §/)
  const nickname = Buffer.from(documentText([incidentText({ name: 'nickname' })]))
  assert.equal(readDocument(schemas(), nickname, { strict: true }).valid, true)
})

test('white space around a date is legal', () => {
  for (const white of [' ', '\n   ', '\t\r\n', '\u0020'.repeat(50)]) {
    const text = documentText([
      incidentText().replace(
        /<GenerationTime>(.*)<\/GenerationTime>/,
        `<GenerationTime>${white}$1${white}</GenerationTime>`,
      ),
    ])
    assert.equal(valid(text).document.incidents.length, 1)
    valid(V1.replace(/<ReportTime>(.*)<\/ReportTime>/, `<ReportTime>${white}$1${white}</ReportTime>`))
  }
  assert.equal(read(documentText([incidentText().replace('2026-01', '2026-1')])).valid, false)
})

test('what reads as one document has one digest', () => {
  const plain = valid(documentText())
  const prefixed = documentText()
    .replace('xmlns=', 'xmlns:p=')
    .replaceAll(/<(\/?)(\w)/g, '<$1p:$2')
    .replaceAll('><', '>\n<!-- c --><')
  const wide = Buffer.from(
    `\ufeff<?xml version='1.0' encoding="UTF-16"?>${documentText().replaceAll('"', "'")}`,
    'utf16le',
  )
  for (const other of [prefixed, wide, ridText(documentText())]) {
    assert.equal(valid(other).document.digest, plain.document.digest)
    assert.equal(valid(other).document.xml, plain.document.xml)
  }
})

test('purpose and identifiers are read without the white space around them', () => {
  const { incidents } = valid(documentText([incidentText({ purpose: ' watch ', id: ' 7\n' })])).document
  assert.deepEqual([incidents[0]?.purpose, incidents[0]?.key], ['watch', 'csirt.example 7'])
})

test('only the Incidents of the document itself are its Incidents', () => {
  const nested = `<IndicatorData><Indicator><IndicatorID name="a.b" version="1">i</IndicatorID><Observable>${incidentText({ id: 'nested' })}</Observable></Indicator></IndicatorData>`
  const text = documentText(
    [incidentText({ content: nested }), incidentText({ id: '2' })],
    '',
    additionalData(`<x xmlns="">${incidentText({ id: 'foreign' })}</x>`),
  )
  assert.deepEqual(
    valid(text).document.incidents.map(({ id }) => id.id),
    ['1', '2'],
  )
})

test('a document that says nothing but its version has no shell', () => {
  assert.equal(valid(documentText()).document.shell, null)
  assert.equal(
    valid(documentText([incidentText()], ' xml:lang="en"')).document.shell,
    '<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0" version="2.00" xml:lang="en"></IODEF-Document>',
  )
})

test('a `>` in an attribute of the document does not cut its start tag short', () => {
  const text = documentText([incidentText()], ' format-id="a>b\'c"', additionalData('x', ' dtype="string"'))
  const { document } = valid(text)
  assert.ok(document.xml.includes(' format-id="a>b\'c"'))
  assert.equal(valid(document.xml).document.xml, document.xml)
})

const FRAGILE: readonly [name: string, content: string, fragile: boolean][] = [
  ['plain text', 'a &lt; b', false],
  ['a line feed in text', 'a\nb', false],
  ['a carriage return in text', 'a&#13;b', true],
  ['a literal line end of Windows', 'a\r\nb', false],
  ['a tab in an attribute', '<x xmlns="urn:x" y="&#9;"/>', true],
  ['a literal tab in an attribute', '<x xmlns="urn:x" y="\t"/>', false],
  ['a line feed in an attribute', '<x xmlns="urn:x" y="&#xA;"/>', true],
  ['no namespace', '<x xmlns=""/>', true],
  [
    'xsi:type with a prefix',
    '<x xmlns="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns:s="http://www.w3.org/2001/XMLSchema" i:type="s:string"/>',
    true,
  ],
]

for (const [name, content, fragile] of FRAGILE) {
  test(`${fragile ? 'carried beside its items' : 'survives a Broker'}: ${name}`, () => {
    const { document } = valid(documentText([incidentText({ content: additionalData(content) })]))
    assert.equal(document.original !== null, fragile)
    assert.equal(document.fragile, fragile)
  })
}

test('extension content may have any namespace name and any names', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'urn:x', 'hasOwnProperty']) {
    const element = /^\w+$/.test(name) ? name : 'x'
    valid(
      documentText([
        incidentText({
          content: additionalData(
            `<${element} xmlns="${name}" xmlns:p="${name}" ${element}="1" p:${element}="2"><${element}/></${element}>`,
          ),
        }),
      ]),
    )
  }
})

test('it never throws, whatever one byte of a document becomes', () => {
  const bytes = Buffer.from(
    ridText(
      documentText([
        incidentText({ content: additionalData('<x xmlns:p="urn:p" p:y="&amp;"><![CDATA[z]]><!-- c --></x>') }),
      ]),
    ),
  )
  for (let at = 0; at < bytes.length; at += 1) {
    for (const byte of [0, 0x26, 0x3c, 0x3e, 0x22, 0xff]) {
      const changed = Buffer.from(bytes)
      changed[at] = byte
      const { valid: fine, errors } = read(changed)
      assert.equal(fine, errors.length === 0)
    }
  }
})
