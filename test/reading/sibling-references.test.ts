import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createReader } from '../../src/reading/reader.ts'
import { planItems } from '../../src/relay/plan-items.ts'
import { publisher, topic } from '../support/sample-config.ts'

const reader = createReader({ threads: 1 })
after(() => reader[Symbol.asyncDispose]())

const incident = (id: string, more: string) =>
  `<Incident purpose="reporting" restriction="public"><IncidentID name="csirt.example">${id}</IncidentID>
  <GenerationTime>2026-11-22T10:00:00Z</GenerationTime><Contact role="creator" type="organization"><ContactName>A</ContactName></Contact>
  ${more}</Incident>`

const DOCUMENT = `<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0" version="2.00">
  ${incident('1', '<EventData observable-id="seen"><Description>first</Description></EventData>')}
  ${incident(
    '2',
    `<IndicatorData><Indicator><IndicatorID name="csirt.example" version="1">i1</IndicatorID>
      <ObservableReference uid-ref="seen"/></Indicator></IndicatorData>`,
  )}
</IODEF-Document>`

test('an item whose reference points into a sibling Incident is not held as invalid', async () => {
  const posted = await reader.inspect(Buffer.from(DOCUMENT))
  assert.equal(posted.valid, true, posted.errors[0]?.message)
  const config = { routes: [{ match: {}, topic: 'incident' }], grid: topic('incident') }
  const plan = planItems(config, publisher('incident'), 'Report', posted.document!, null)
  assert.equal(plan.kind, 'publish')
  const items = plan.kind === 'publish' ? plan.publications : []
  assert.equal(items.length, 2)
  for (const { item } of items) {
    const read = await reader.inspect(Buffer.from(item.xml))
    assert.equal(read.valid, true, read.errors[0]?.message)
  }
})

test('a reference that points nowhere in a document of its own is an error', async () => {
  const alone = DOCUMENT.replace('observable-id="seen"', 'observable-id="other"')
  const read = await reader.inspect(Buffer.from(alone))
  assert.equal(read.valid, false)
  assert.match(read.errors[0]?.message ?? '', /uid-ref/)
})
