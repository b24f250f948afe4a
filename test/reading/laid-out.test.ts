import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readDocument } from '../../src/reading/read-document.ts'
import { isLaidOut } from '../../src/xml/layout.ts'
import { tally } from '../../src/xml/libxml.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { additionalData, documentText, incidentText, ridText, schemas } from '../support/documents.ts'

// White space between tags is left out of what libxml2 makes of a text in lines: nothing that is read may depend on it.

// the first of all has one parse more: what memory looks like
readDocument(schemas(), Buffer.from(documentText()))

const lines = (text: string) => text.replaceAll('><', '>\n  <')
const holding = (content: string) => lines(documentText([incidentText({ content })]))
const OTHER = (inside: string) =>
  `<AdditionalData dtype='xml'><f xmlns="urn:f">${inside}</f></AdditionalData><AdditionalData dtype="string"> a </AdditionalData>`

const TAB = lines(documentText([incidentText()], ' format-id="a&#9;b"'))

const ONCE: readonly [name: string, text: string][] = [
  ['a document', lines(documentText())],
  ['a message', lines(ridText(documentText()))],
  ['a document in a message that is not', ridText(holding(''))],
  ['a text of white space, and one that begins with it', holding(additionalData(' \n ', ' dtype="string"'))],
  ['white space around references', holding(additionalData(' &#32; &lt; ', ' dtype="string"'))],
  ['a long one', holding(additionalData(`${' '.repeat(700)}\n${'é '.repeat(400)}`, ' dtype="string"'))],
  ['what is not plain', TAB],
  ['a MUST that is broken, with its place', lines(documentText([incidentText({ content: '<EventData/>' })]))],
  ['not valid', lines(documentText([incidentText({ purpose: 'x' })]))],
  ['not well-formed', lines(documentText()).replace('</IODEF-Document>', '')],
  [
    'an element beside the document that is none of what its name says',
    lines(ridText(documentText())).replace(
      '<IODEF-Document',
      `<Timezone xmlns="${NS.rid}"> <b/></Timezone><IODEF-Document`,
    ),
  ],
]

const TWICE: readonly [name: string, text: string][] = [
  ['an instruction', holding(additionalData(' <?a?> ', ' dtype="string"'))],
  ['a CDATA section', holding(additionalData(' <![CDATA[]]> ', ' dtype="string"'))],
  ['an instruction in what is not plain', `${TAB}<?a?>`],
  ['a comment in a message', lines(ridText(documentText())).replace('</NodeName>', ' <!----> </NodeName>')],
  ['elements in extension content', holding(OTHER('<g/> <h/>\n'))],
  ['those of a message', lines(ridText(documentText())).replace('</Incident>', `${OTHER('<g/> ')}</Incident>`)],
]

const LEFT: readonly [name: string, text: string][] = [
  ['a text without lines', documentText()],
  ['a message around a document that is not', ridText(documentText()).replace('<RIDPolicy', '\n <RIDPolicy')],
  ['carriage returns', lines(documentText()).replace('<Contact', ' \r\n<Contact')],
  ['a carriage return behind a blank', holding(additionalData(' \r\n a', ' dtype="string"'))],
  ['a comment', holding(additionalData(' <!----> ', ' dtype="string"'))],
  ['extension content', holding(additionalData('<f xmlns="urn:f"> <g/> </f>'))],
]

for (const [kind, cases, parses] of [
  ['laid out', ONCE, 1],
  ['laid out, and with what needs its white space', TWICE, 2],
  ['not laid out', LEFT, 1],
] as const) {
  describe(kind, () => {
    for (const [name, text] of cases) {
      test(`${name}: read as it is step by step, of ${parses} parse`, () => {
        assert.equal(isLaidOut(text), cases !== LEFT)
        const careful = readDocument(schemas(), Buffer.from(text), { careful: true })
        const before = tally.parses
        const read = readDocument(schemas(), Buffer.from(text))
        assert.equal(tally.parses - before, parses)
        assert.deepEqual(read, careful)
        assert.equal(careful.valid, !name.startsWith('not '), careful.errors[0]?.message)
      })
    }
  })
}

test('an item is not laid out, whatever it looks like', () => {
  assert.ok(!isLaidOut(`<report xmlns="${NS.incident}">\n${incidentText()}</report>`))
  const hidden = `<report${' '.repeat(600)}xmlns="${NS.incident}">${incidentText()} <a xmlns="urn:IODEF-Document">\n</a></report>`
  assert.ok(isLaidOut(hidden))
  const careful = readDocument(schemas(), Buffer.from(hidden), { careful: true })
  assert.deepEqual(readDocument(schemas(), Buffer.from(hidden)), careful)
})
