import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serialize } from 'node:v8'
import { packed, unpacked } from '../../src/reading/in-transit.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { additionalData, documentText, incidentText, ridText, schemas } from '../support/documents.ts'
import { fixtures } from '../support/reports.ts'

const read = (text: string, careful = false) => readDocument(schemas(), Buffer.from(text), { careful })
const sent = (text: string, careful = false) => structuredClone(packed(read(text, careful)))
const foreign = (text: string) => documentText([incidentText({ content: additionalData(text) })])
const prefixed = documentText([incidentText(), incidentText()], ' xmlns:x="urn:x" x:a="b" xmlns:y="urn:y" y:c="d"')

const TEXTS: readonly (readonly [name: string, text: string])[] = [
  ...(['valid', 'invalid', 'rid'] as const).flatMap((folder) =>
    fixtures(folder).map(({ name, text }) => [`${folder}/${name}`, text] as const),
  ),
  ['several Incidents', documentText([incidentText(), incidentText(), incidentText()])],
  [
    'a document with extension content behind them',
    documentText([incidentText()], '', additionalData('<a xmlns="urn:a"/>')),
  ],
  ['a shell with a > in an attribute', documentText([incidentText()], ' private-enum-name="a>b.example"')],
  ['attributes of other namespaces on the document', prefixed],
  ['characters of more bytes than one', ridText(foreign('<f xmlns="urn:f">Zürich 山 🜁</f>'))],
  ['what begins like an Incident', foreign(`<Incident xmlns="urn:f">&lt;Incident xmlns="${NS.iodef2}"</Incident>`)],
]

test('what crosses threads is the Inspection that was made there, read in one walk or step by step', () => {
  for (const [name, text] of TEXTS)
    for (const careful of [false, true])
      assert.deepEqual(unpacked(sent(text, careful)), structuredClone(read(text, careful)), name)
})

test('the text of a document crosses threads once, not whole and in its Incidents', () => {
  const text = ridText(foreign(`<f xmlns="urn:f">${'x'.repeat(50_000)}</f>`))
  for (const careful of [false, true]) {
    const { length } = serialize(packed(read(text, careful)))
    assert.ok(length < 60_000, `${length} bytes`)
  }
})
