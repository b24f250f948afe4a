import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config, TopicConfig } from '../../src/config/types.ts'
import { itemId } from '../../src/profile/item.ts'
import { planItems } from '../../src/relay/plan-items.ts'
import { additionalData, documentText, IODEF2, incidentText, ridText } from '../support/documents.ts'
import { topic } from '../support/sample-config.ts'
import { createSigner } from '../support/signed.ts'
import { EVERYTHING, grid, peer, plan, published, read, valid } from './journey.ts'

const DS = 'http://www.w3.org/2000/09/xmldsig#'

/** Two Topics: `reporting` goes to one, `watch` to the other. */
function split(first: Partial<TopicConfig> = {}, second: Partial<TopicConfig> = {}): Pick<Config, 'grid' | 'routes'> {
  const one = topic('incident', { restrictions: EVERYTHING, ...first })
  const two = topic('other', { restrictions: EVERYTHING, ...second })
  return {
    grid: { ...one, topics: [...one.topics, ...two.topics] },
    routes: [
      { match: { purpose: ['reporting'] }, topic: 'incident' },
      { match: { purpose: ['watch'] }, topic: 'other' },
    ],
  }
}

const two = (more: Parameters<typeof incidentText>[0] = {}) =>
  documentText([incidentText({ id: '1', ...more }), incidentText({ id: '2', purpose: 'watch' })], ' xml:lang="en"')
const code = (text: string, config = split()) => {
  const made = plan(valid(text), config)
  return made.kind === 'denied' ? made.code : made.kind
}

test('one plain Incident is an item without a context', () => {
  const [only, ...rest] = published(valid(documentText()))
  assert.deepEqual(rest, [])
  const incident = `<Incident xmlns="${IODEF2}" purpose="reporting" restriction="public"><IncidentID`
  assert.ok(only?.item.xml.startsWith(`<report xmlns="urn:xmpp:incident:2">${incident}`))
  assert.ok(only?.item.xml.endsWith('</Incident></report>'))
  assert.equal(only?.item.id, itemId(only?.item.xml ?? ''))
})

test('a RIDPolicy of very many nodes and regions is not gone through for each of very many Incidents', () => {
  const incidents = Array.from({ length: 500 }, (_, i) => incidentText({ id: String(i) }))
  const nodes = Array.from({ length: 10_000 }, (_, i) => `n${i}.example`)
  const regions = Array.from({ length: 10_000 }, () => ({ region: 'PeerToPeer' }))
  const { document, rid } = valid(ridText(documentText(incidents)))
  assert.ok(rid?.policy)
  const large = { ...rid, nodes, policy: { ...rid.policy, regions } }
  const config = grid()
  const routes = [{ match: { node: ['other.example'], region: ['PeerToPeer'] }, topic: 'other' }, ...config.routes]
  const began = performance.now()
  const made = planItems({ ...config, routes }, peer(), 'Report', document, large)
  assert.equal(made.kind, 'too-large')
  assert.ok(performance.now() - began < 3_000, `it took ${performance.now() - began} ms`)
})

test('the id does not depend on where a document came from, or what it came in', () => {
  const id = (text: string) => published(valid(text))[0]?.item.id
  assert.equal(id(documentText()), id(ridText(documentText(), { policyAttributes: ' restriction="public"' })))
  assert.equal(id(documentText()), id(documentText([incidentText()], ' xml:lang="fr"')))
  assert.equal(id(documentText()), id(documentText([incidentText(), incidentText({ id: '2' })])))
  assert.notEqual(id(documentText()), id(documentText([incidentText({ id: '2' })])))
})

test('Incidents go where their purpose leads; each Topic sees its own only', () => {
  for (const payload of ['xep-0268', 'iodef'] as const) {
    const items = published(valid(two()), split({ payload }, { payload }))
    assert.deepEqual(
      items.map((p) => [p.topic, p.incident]),
      [
        ['incident', 'csirt.example 1'],
        ['other', 'csirt.example 2'],
      ],
    )
    for (const [i, { item }] of items.entries()) {
      const incidents = valid(item.xml).document.incidents.map(({ id }) => id.id)
      assert.deepEqual(incidents, [String(i + 1)])
      assert.ok(!item.xml.includes(`>${2 - i}</IncidentID>`))
    }
  }
})

test('an item of payload iodef is the document in normal form, with all Incidents of its Topic', () => {
  const text = documentText(
    [incidentText({ id: '1' }), incidentText({ id: '2' })],
    ' xml:lang="en"',
    additionalData('x', ' dtype="string"'),
  )
  const [only, ...rest] = published(valid(`<!-- c -->${text}`), grid({ payload: 'iodef' }))
  assert.deepEqual(rest, [])
  assert.equal(only?.item.xml, valid(text).document.xml)
  assert.equal(only?.item.id, valid(text).document.digest)
})

test('what must stay whole is not split', () => {
  assert.equal(code(two({ content: additionalData('&#13;', ' dtype="string"') })), 'cannot-split')
  assert.equal(code(two()), 'publish')
})

test('Incidents that refer to each other are not split over Topics of payload iodef', () => {
  const observable = '<EventData observable-id="o1"><Description>x</Description></EventData>'
  const reference =
    '<IndicatorData><Indicator><IndicatorID name="a.b" version="1">i</IndicatorID><ObservableReference uid-ref="o1"/></Indicator></IndicatorData>'
  const linked = documentText([
    incidentText({ id: '1', content: observable }),
    incidentText({ id: '2', purpose: 'watch', content: reference }),
  ])
  assert.equal(code(linked, split({ payload: 'iodef' })), 'cannot-split')
  assert.equal(code(linked, split()), 'publish')
  const together = grid({ payload: 'iodef' })
  assert.equal(code(linked, together), 'publish')
  for (const { item } of published(valid(linked), split())) valid(item.xml)
})

test('all or nothing: one Incident that may not pass denies the whole', () => {
  assert.equal(code(two(), split({}, { restrictions: [] })), 'restriction')
  assert.equal(code(two(), { ...split(), routes: [{ match: { purpose: ['watch'] }, topic: 'other' }] }), 'no-route')
  assert.equal(code(two(), { ...split(), routes: [{ match: {}, topic: 'absent' }] }), 'no-route')
  const made = plan(valid(two()), split(), peer({ publish: ['incident'] }))
  assert.equal(made.kind === 'denied' && made.code, 'not-allowed')
})

test('a document counts as its strictest part on every Topic, also where that part does not go', () => {
  assert.equal(code(two({ attributes: ' restriction="red"' }), split({}, { restrictions: ['public'] })), 'restriction')
})

test('a Topic of payload iodef is denied what it cannot carry', () => {
  const iodef = grid({ payload: 'iodef' })
  assert.equal(code(documentText([incidentText({ id: 'a&#13;b' })]), iodef), 'cannot-carry')
  assert.equal(
    code(documentText([incidentText({ content: additionalData('<x xmlns="" y="&#9;"/>') })]), iodef),
    'cannot-carry',
  )
  const query = plan(valid(ridText(documentText(), { msgType: 'Query' })), iodef, peer(), 'Query')
  assert.equal(query.kind === 'denied' && query.code, 'cannot-carry')
})

test('a signed document whose signature cannot be carried as it is does not lose it without a word', () => {
  const prefix = 'p'.repeat(1001)
  const signed = createSigner('ec').sign(
    documentText([incidentText({ content: additionalData('<x xmlns="urn:x">@SIGNATURE@</x>') })]),
  )
  const borrowed = signed.replace(` xmlns:ds="${DS}"`, '').replaceAll(/(<\/?)ds:/g, `$1${prefix}:`)
  assert.equal(plan(valid(ridText(signed)), grid()).kind, 'publish')
  const lost = read(ridText(borrowed, { rootAttributes: ` xmlns:${prefix}="${DS}"` }))
  assert.match(lost.errors[0]?.message ?? '', /prefix has more than 1000 characters/)
})

test('what a value names by an endless prefix does not lose its meaning without a word', () => {
  const prefix = 'p'.repeat(1001)
  for (const value of ['xsi:type="@:T" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"', 'select="@:T"']) {
    const text = (long: string) => {
      const content = additionalData(`<x xmlns="urn:x" ${value.replace('@', long)}/>`)
      return ridText(documentText([incidentText({ content })]), { rootAttributes: ` xmlns:${long}="urn:good"` })
    }
    assert.match(read(text(prefix)).errors[0]?.message ?? '', /prefix has more than 1000 characters/)
    assert.match(valid(text(prefix.slice(1))).document.original?.text ?? '', /"urn:good"/)
  }
})

test('too large: one item, and all together', () => {
  const big = documentText([incidentText({ content: additionalData('x'.repeat(10_000), ' dtype="string"') })])
  const one = plan(valid(big), grid({}, 10_000))
  assert.ok(one.kind === 'too-large' && one.items === 1 && one.bytes > 10_000 && one.limit === 10_000)
  assert.equal(plan(valid(big), grid({}, 20_000)).kind, 'publish')
  // each has all of it
  const content = additionalData('<x xmlns="urn:x">&#13;</x>')
  const many = documentText(Array.from({ length: 60 }, (_, i) => incidentText({ id: String(i), content })))
  const all = plan(valid(many), grid({}, 50_000))
  const limit = Math.max(4 * 50_000, 8 * Buffer.byteLength(valid(many).document.xml))
  assert.ok(all.kind === 'too-large' && all.items > 1 && all.limit === limit, JSON.stringify(all))
})

test('a small message does not become hundreds of times its size in the store', () => {
  const content = additionalData('<x xmlns="urn:x">&#13;</x>')
  const text = documentText(Array.from({ length: 100 }, (_, i) => incidentText({ id: String(i), content })))
  const made = plan(valid(text), grid({}, 50_000))
  assert.ok(made.kind === 'too-large' && made.items < 20, 'each item would carry the whole document')
  const few = documentText(Array.from({ length: 4 }, (_, i) => incidentText({ id: String(i), content })))
  assert.equal(plan(valid(few), grid({}, 50_000)).kind, 'publish')
})

test('size is counted in bytes', () => {
  const text = documentText([incidentText({ content: additionalData('日'.repeat(4_000), ' dtype="string"') })])
  assert.equal(plan(valid(text), grid({}, 12_000)).kind, 'too-large')
})

test('more Incidents than a reader takes for one document are denied, however small', () => {
  const text = (n: number) => documentText(Array.from({ length: n }, (_, i) => incidentText({ id: String(i) })))
  assert.equal(plan(valid(text(500))).kind, 'publish')
  const made = plan(valid(text(501)))
  assert.equal(made.kind === 'denied' && made.code, 'cannot-carry')
  assert.equal(plan(valid(text(501)), grid({ payload: 'iodef' })).kind, 'publish')
})

const LARGE = documentText([incidentText({ content: additionalData('x'.repeat(3_000), ' dtype="string"') })])
const byUpload = (maxMessage: number, more: Partial<TopicConfig> = { large: 'upload' }) => ({
  ...grid(more, 1_000),
  rid: { maxMessage },
})

test('an item that the Broker does not take is refused, or goes by upload, as its Topic has it', () => {
  const kinds = (config: ReturnType<typeof byUpload>) => plan(valid(LARGE), config).kind
  assert.equal(kinds(byUpload(10_000, {})), 'too-large')
  assert.equal(kinds(byUpload(10_000, { large: 'refuse' })), 'too-large')
  assert.equal(kinds(byUpload(10_000)), 'publish')
  const [whole] = published(valid(LARGE))
  const [large] = published(valid(LARGE), byUpload(10_000))
  assert.deepEqual(large, whole)
})

test('a file has at most the size of a message, and a bare document has no room for its name', () => {
  const over = plan(valid(LARGE), byUpload(2_000))
  assert.ok(over.kind === 'too-large' && over.limit === 2_000)
  const bare = plan(valid(LARGE), byUpload(10_000, { large: 'upload', payload: 'iodef' }))
  assert.ok(bare.kind === 'too-large' && bare.limit === 1_000)
})

test('policy decides before anything is uploaded', () => {
  const denied = plan(valid(LARGE), byUpload(10_000, { large: 'upload', restrictions: ['private'] }))
  assert.ok(denied.kind === 'denied' && denied.code === 'restriction')
})

test('an item is said to have as many bytes as it has, whatever its characters and what is around it', () => {
  const words = additionalData('<f xmlns="urn:f">Zürich 山 🜁</f>')
  const text = documentText(
    [incidentText({ id: '1', content: words }), incidentText({ id: '2', purpose: 'watch' })],
    ' xml:lang="en" private-enum-name="ü"',
    words,
  )
  for (const payload of ['xep-0268', 'iodef'] as const) {
    for (const document of [text, ridText(text)]) {
      const items = published(valid(document), split({ payload }, { payload }))
      assert.equal(items.length, 2)
      for (const { item, size } of items) assert.equal(size, Buffer.byteLength(item.xml))
    }
  }
})
