import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { itemId, itemIdApart, renderContext, xep0268Item } from '../../src/profile/item.ts'
import { createReader } from '../../src/reading/reader.ts'
import type { MsgType } from '../../src/vocabulary.ts'
import { consume, grid, published, valid } from '../relay/journey.ts'
import { BARE_CONTEXT } from '../support/bare-context.ts'
import { additionalData, documentText, incidentText, ridText } from '../support/documents.ts'
import { blocks, page, ROOT } from './markdown.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

/** File to ids, by examples/item_id.py: written from the page, sharing no code with the gateway. */
function idsByPython(files: readonly string[]): Map<string, string> {
  const script = join(ROOT, 'examples/item_id.py')
  const printed = execFileSync('python3', [script, ...files], { cwd: ROOT, encoding: 'utf8' })
  return new Map(
    printed
      .trimEnd()
      .split('\n')
      .map((line) => [line.split(' ')[0] ?? '', line.split(' ').slice(1).join(' ')]),
  )
}

test('somebody else who follows docs/grid-profile.md comes to the same item ids', async () => {
  const files = ['fixtures/demo-incident.xml', ...globSync('fixtures/valid/*.xml', { cwd: ROOT })]
  const theirs = idsByPython(files)
  let compared = 0
  for (const file of files) {
    const { valid, format, document } = await reader.inspect(readFileSync(join(ROOT, file)))
    if (!valid || format !== 'IODEF 2') continue
    const ours = (document?.incidents ?? []).map(({ xml }) => xep0268Item('report', xml).id)
    assert.equal(theirs.get(file), ours.join(' '), file)
    compared += 1
  }
  assert.ok(compared > 10, `${compared} documents`)
})

test('and of an item as a Broker may write it, context and all', () => {
  const temp = mkdtempSync(join(tmpdir(), 'item-id-'))
  after(() => rmSync(temp, { recursive: true, force: true }))
  const example = (mark: string) =>
    blocks(page('docs/grid-profile.md')).find((block) => block.mark === `example:${mark}`)?.body ?? ''
  const rewritten = example('hashed')
    .replace('</report>', () => `${example('context')}</report>`)
    .replace('<Incident xmlns=', '<x:Incident xmlns:x="urn:ietf:params:xml:ns:iodef-2.0" xmlns=')
    .replace('</Incident>', '</x:Incident>')
    .replaceAll('"partner"', "'partner'")
  const file = join(temp, 'item.xml')
  writeFileSync(file, rewritten)
  const hashed = example('hashed').replace(/\n */g, '')
  assert.equal(idsByPython([file]).get(file)?.split(' ')[0], itemId(hashed))
})

const SIGNATURE =
  '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:CanonicalizationMethod Algorithm="urn:c"/>' +
  '<ds:SignatureMethod Algorithm="urn:s"/><ds:Reference URI=""><ds:DigestMethod Algorithm="urn:d"/><ds:DigestValue>YQ==' +
  '</ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue>YQ==</ds:SignatureValue></ds:Signature>'
const SOURCE = '<IncidentSource><SourceFound>false</SourceFound></IncidentSource>'
const PLAIN = documentText([incidentText({ id: '1' })])

/** What is said beside one and the same Incident, with the id apart that each has: whoever computes another makes another item of it. */
const VECTORS: readonly (readonly [name: string, text: string, type: MsgType, apart: string])[] = [
  ['nothing', PLAIN, 'Report', '7ee94a819b62e238'],
  ['a language', PLAIN.replace('version=', 'xml:lang="ja" version='), 'Report', '87e17649723e24d7'],
  [
    'AdditionalData of the document',
    documentText([incidentText({ id: '1' })], '', additionalData('漢 "\\" &#x1F512; &amp;', ' dtype="string"')),
    'Report',
    '07b1db6962bb8596',
  ],
  ['a restriction', ridText(PLAIN, { policyAttributes: ' restriction="need-to-know"' }), 'Report', 'c0e95bb58c869d4d'],
  ['a TraceRequest', ridText(PLAIN, { msgType: 'TraceRequest' }), 'TraceRequest', 'c8905a9446fc41af'],
  ['a Result', ridText(PLAIN, { msgType: 'Result', behind: SOURCE }), 'Result', '8cd00f36ca269149'],
  [
    'a signed document',
    PLAIN.replace('</Incident>', `<AdditionalData dtype="xml">${SIGNATURE}</AdditionalData></Incident>`),
    'Report',
    '837faa9cb81c8ef2',
  ],
  [
    'a Signature beside it',
    ridText(PLAIN).replace('</XMLDocument>', `</XMLDocument><Signature dtype="xml">${SIGNATURE}</Signature>`),
    'Report',
    'c320fda25f497a80',
  ],
  [
    'the second of two',
    documentText([incidentText({ id: '0' }), incidentText({ id: '1' })], ' xml:lang="ja"'),
    'Report',
    '87e17649723e24d7',
  ],
]

test('somebody else who follows docs/grid-profile.md comes to the same ids of questions and answers', () => {
  const temp = mkdtempSync(join(tmpdir(), 'item-id-'))
  after(() => rmSync(temp, { recursive: true, force: true }))
  const exchange = { id: 'aZ09_-aZ09_-aZ09_-aZ09', from: 'csirt-a.example', expires: '2026-11-27T10:00:00Z' }
  const { incidents } = valid(PLAIN).document
  for (const element of ['inquiry', 'request', 'report', 'response'] as const) {
    const context = renderContext({ ...BARE_CONTEXT, exchange })
    const item = xep0268Item(element, incidents[0]?.xml ?? '', context, exchange.id)
    const file = join(temp, `${element}.xml`)
    writeFileSync(file, item.xml)
    assert.equal(idsByPython([file]).get(file)?.split(' ')[0], item.id, element)
    assert.equal(consume(item.xml).item, item.id, `${element} as it is read`)
  }
})

test('somebody else who follows docs/grid-profile.md comes to the same ids apart, for whatever is said beside an Incident', () => {
  const temp = mkdtempSync(join(tmpdir(), 'item-id-'))
  after(() => rmSync(temp, { recursive: true, force: true }))
  for (const [name, text, type, vector] of VECTORS) {
    const publication = published(valid(text), grid(), type).at(-1)
    assert.ok(publication, name)
    const { item, variant } = publication
    const apart = itemIdApart(item.id, variant)
    assert.equal(apart.slice(0, 16), vector, name)
    const file = join(temp, `${name.replaceAll(' ', '-')}.xml`)
    writeFileSync(file, item.xml)
    assert.equal(idsByPython([file]).get(file), `${item.id} ${apart}`, name)
  }
})
