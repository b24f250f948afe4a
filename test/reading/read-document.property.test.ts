import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readReply } from '../../src/reading/read-reply.ts'
import { consumedFrom } from '../../src/relay/part.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { grid, peer, plan, published, read } from '../relay/journey.ts'
import { type Chance, foreignElement, runs, withChance } from '../support/arbitraries.ts'
import { ridText } from '../support/documents.ts'
import { EFFORT } from '../support/effort.ts'
import { iodefDocument } from '../support/iodef-arbitrary.ts'
import { respell } from '../support/respell.ts'

const SNIPPETS = [
  '',
  '<',
  '>',
  '&#0;',
  '&amp;',
  '"',
  ' xmlns=""',
  ' xmlns="constructor"',
  ' xmlns:p="urn:ietf:params:xml:ns:iodef-2.0"',
  ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="p:x"',
  ' xsi:nil="true"',
  ' restriction="__proto__"',
  ' observable-id="o1"',
  '<Incident/>',
  '<IncidentID name="a">x</IncidentID>',
  '<AdditionalData dtype="xml"><Incident xmlns="urn:ietf:params:xml:ns:iodef-1.0"/></AdditionalData>',
  '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>',
  '<context xmlns="urn:x-iodef-gateway:context:1"><original>YQ==</original></context>',
  '<![CDATA[]]>',
  '<!---->',
  '\0',
  '\ufeff',
  '\ud800',
] as const

/** A document, message, item or reply that was valid before somebody put his hands into it. */
const mangled = withChance((c: Chance): string => {
  const { text } = iodefDocument(c, 2)
  const item = () => {
    const posted = read(text)
    // names that no Broker takes
    if (posted.document === null || posted.document.obstacle !== null) return text
    return published(posted)[0]?.item.xml ?? text
  }
  const source = c.pick([() => text, () => ridText(text), item, () => ridText(null), () => foreignElement(c)])()
  let out = c.once(2) ? respell(c, scan(source), { noise: true, damage: false }) : source
  for (let edits = 1 + c.int(2); edits > 0; edits -= 1) {
    // mostly where names, attributes and elements begin
    const places = [...out.matchAll(/[ <>]/g)].map(({ index }) => index)
    const at = c.once(4) ? c.int(out.length) : (places[c.int(Math.max(0, places.length - 1))] ?? 0)
    out = out.slice(0, at) + c.pick(SNIPPETS) + out.slice(at + (c.once(3) ? c.int(20) : 0))
  }
  return out
})

test('nothing makes a reader throw, and what is valid can be planned or consumed', () => {
  let fine = 0
  fc.assert(
    fc.property(mangled, (text) => {
      const inspection = read(text)
      assert.equal(inspection.valid, inspection.errors.length === 0)
      for (const { line, column, message } of inspection.errors) assert.ok(line >= 0 && column >= 0 && message !== '')
      readReply(Buffer.from(text))
      if (!inspection.valid) return
      fine += 1
      consumedFrom(inspection)
      if (inspection.document !== null) plan(inspection, grid(), peer())
    }),
    runs(100),
  )
  assert.ok(fine > 3 * EFFORT, `${fine} were still valid`)
})
