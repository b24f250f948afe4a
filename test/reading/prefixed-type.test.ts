import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createReader } from '../../src/reading/reader.ts'
import type { Publication } from '../../src/relay/make-items.ts'
import { consumedFrom } from '../../src/relay/part.ts'
import { planItems } from '../../src/relay/plan-items.ts'
import { publisher, topic } from '../support/sample-config.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const document = (content: string) => `<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0" version="2.00"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <Incident purpose="reporting" restriction="public"><IncidentID name="csirt.example">typed</IncidentID>
    <GenerationTime>2026-11-22T10:00:00Z</GenerationTime>
    <Contact role="creator" type="organization"><ContactName>A</ContactName></Contact>
    <AdditionalData dtype="xml">${content}</AdditionalData>
  </Incident></IODEF-Document>`

const filter = (ns: string) =>
  `<x:filter xmlns:x="urn:example:filter" xmlns:p="${ns}" select="p:address">p:block</x:filter>`

async function published(text: string): Promise<Publication> {
  const posted = await reader.inspect(Buffer.from(text))
  assert.equal(posted.valid, true, posted.errors[0]?.message)
  const config = { routes: [{ match: {}, topic: 'incident' }], grid: topic('incident') }
  const plan = planItems(config, publisher('incident'), 'Report', posted.document!, null)
  assert.ok(plan.kind === 'publish')
  return plan.publications[0]!
}

for (const [what, content] of [
  ['a prefix in xsi:type', '<value xmlns="urn:example:value" xsi:type="xs:date">2026-11-22</value>'],
  ['an xsi:type of another default namespace', '<x:foo xmlns:x="urn:x" xsi:type="MLStringType">a</x:foo>'],
  ['a prefix in a value', filter('urn:good')],
  [
    'a name in a value, in a default namespace that no element uses',
    '<x:ref xmlns:x="urn:x" xmlns="urn:d">address</x:ref>',
  ],
] as const) {
  test(`a report with ${what} is not held as invalid on its way back, and comes back as it was`, async () => {
    const text = document(content)
    const { item } = await published(text)
    const read = await reader.inspect(Buffer.from(item.xml))
    assert.equal(read.valid, true, read.errors[0]?.message)
    const consumed = consumedFrom(read)
    assert.equal(consumed?.part.original, text)
    assert.equal(consumed?.item, item.id)
  })
}

test('two reports that differ in what a prefix in a value stands for are not one', async () => {
  const good = await published(document(filter('urn:good')))
  const evil = await published(document(filter('urn:evil')))
  assert.notEqual(good.variant, evil.variant)
})

test('an xsi:type without a prefix on an element of IODEF is what it was where a Broker gives the elements prefixes', async () => {
  const own = 'xsi:type="MLStringType"'
  const text = document('<v xmlns="urn:v"/>').replace(
    '<Contact ',
    `<Description ${own}>Übergriff</Description><Contact `,
  )
  const { item } = await published(text)
  assert.match(item.xml, /ns1:type="MLStringType"/)
  const prefixed = item.xml
    .replace(
      '<Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0"',
      '<i:Incident xmlns:i="urn:ietf:params:xml:ns:iodef-2.0"',
    )
    .replace(
      /<(\/?)(IncidentID|GenerationTime|Description|Contact|ContactName|AdditionalData|Incident)(?=[ >])/g,
      '<$1i:$2',
    )
  assert.match(prefixed, /<i:Description xmlns:ns1="[^"]*" ns1:type="MLStringType">/)
  const read = await reader.inspect(Buffer.from(prefixed))
  assert.equal(read.valid, true, read.errors[0]?.message)
  assert.equal(consumedFrom(read)?.item, item.id)
})

test('an xsi:type without a prefix that is none of IODEF is refused, on an item as at the door', async () => {
  const text = document('<v xmlns="urn:v"/>').replace(
    '<Contact ',
    '<Description xsi:type="Nonsense">a</Description><Contact ',
  )
  assert.equal((await reader.inspect(Buffer.from(text))).valid, false)
  const item = `<report xmlns="urn:xmpp:incident:2"><i:Incident xmlns:i="urn:ietf:params:xml:ns:iodef-2.0" purpose="reporting"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><i:IncidentID name="csirt.example">1</i:IncidentID>
    <i:GenerationTime>2026-11-22T10:00:00Z</i:GenerationTime><i:Description xsi:type="TYPE">a</i:Description>
    <i:Contact role="creator" type="organization"><i:ContactName>A</i:ContactName></i:Contact></i:Incident></report>`
  const read = (type: string) => reader.inspect(Buffer.from(item.replace('TYPE', type)))
  assert.deepEqual([(await read('Nonsense')).valid, (await read('MLStringType')).valid], [false, true])
  const atTheDoor = /<i:Incident.*<\/i:Incident>/s.exec(item.replace('TYPE', 'MLStringType'))?.[0] ?? ''
  const prefixed = `<i:IODEF-Document xmlns:i="urn:ietf:params:xml:ns:iodef-2.0" version="2.00">${atTheDoor}</i:IODEF-Document>`
  assert.equal((await reader.inspect(Buffer.from(prefixed))).valid, false)
})
