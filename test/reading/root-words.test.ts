import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rootWords } from '../../src/reading/root-words.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { documentText, ridText } from '../support/documents.ts'

const words = (xml: string) => rootWords(scan(xml))

test('the namespaces that are read are named', () => {
  const said = words('<IODEF-Document/>')
  assert.match(said, /^The root element "IODEF-Document" \(no namespace\) is neither/)
  for (const name of ['iodef-2.0', 'iodef-1.0', 'iodef-rid-2.0'])
    assert.ok(said.includes(`urn:ietf:params:xml:ns:${name}`))
})

test('what is known by its root is named', () => {
  for (const [xml, what] of [
    ['<html/>', 'HTML'],
    ['<HTML xmlns="http://www.w3.org/1999/xhtml"/>', 'HTML'],
    ['<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"/>', 'a SOAP message'],
    ['<feed xmlns="http://www.w3.org/2005/Atom"/>', 'an Atom feed'],
    ['<STIX_Package xmlns="http://stix.mitre.org/stix-1"/>', 'a STIX package'],
    ['<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"/>', 'a CAP alert'],
  ] as const) {
    assert.ok(words(xml).includes(` It looks like ${what}.`), xml)
  }
  assert.ok(!words('<html xmlns="urn:x"/>').includes('looks like'))
})

test('what is read and stands inside is told with its line', () => {
  assert.match(words(`<x>\n${documentText()}</x>`), /There is an IODEF-Document inside it, in line 2\./)
  assert.match(words(`<x>${ridText(documentText())}</x>`), /There is a RID message inside it, in line 1\./)
})
