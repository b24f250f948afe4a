import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createReader } from '../../src/reading/reader.ts'
import { consumedFrom } from '../../src/relay/part.ts'
import { planItems } from '../../src/relay/plan-items.ts'
import { publisher, topic } from '../support/sample-config.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const DOCUMENT = `<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0" version="2.00"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <Incident purpose="reporting" restriction="public"><IncidentID name="csirt.example">typed</IncidentID>
    <GenerationTime>2026-11-22T10:00:00Z</GenerationTime>
    <Contact role="creator" type="organization"><ContactName>A</ContactName></Contact>
    <AdditionalData dtype="xml"><value xmlns="urn:example:value" xsi:type="xs:date">2026-11-22</value></AdditionalData>
  </Incident></IODEF-Document>`

test('a report with a prefix in xsi:type is not held as invalid on its way back, and comes back as it was', async () => {
  const posted = await reader.inspect(Buffer.from(DOCUMENT))
  assert.equal(posted.valid, true, posted.errors[0]?.message)
  const config = { routes: [{ match: {}, topic: 'incident' }], grid: topic('incident') }
  const plan = planItems(config, publisher('incident'), 'Report', posted.document!, null)
  assert.equal(plan.kind, 'publish')
  const item = plan.kind === 'publish' ? plan.publications[0]!.item : undefined
  const read = await reader.inspect(Buffer.from(item!.xml))
  assert.equal(read.valid, true, read.errors[0]?.message)
  const consumed = consumedFrom(read)
  assert.equal(consumed?.part.original, DOCUMENT)
  assert.equal(consumed?.item, item!.id)
})
