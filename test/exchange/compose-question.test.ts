import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { composeQuestion } from '../../src/exchange/compose-question.ts'
import type { RidPolicy } from '../../src/rid/message.ts'
import { valid } from '../relay/journey.ts'

const NOON = Date.UTC(2026, 10, 26, 12)

function composed(
  incidentId: RidPolicy['incidentId'],
  restriction?: string,
  restrictions: Parameters<typeof composeQuestion>[0]['restrictions'] = ['public', 'green'],
) {
  const attributes = { MsgType: 'Query', ...(restriction !== undefined && { restriction }) }
  const xml = composeQuestion({ policy: { attributes, incidentId }, by: 'csirt-a.example', at: NOON, restrictions })
  return valid(xml).document
}

describe('a question without a document becomes one that', () => {
  test('is valid and in normal form, and asks for the incident that RIDPolicy names', () => {
    const asked = { attributes: { name: 'csirt "b" & co.example', instance: '2' }, text: '\n  2026 -\t7 <1>\n' }
    const { xml, incidents } = composed(asked)
    assert.equal(valid(xml).document.xml, xml)
    assert.deepEqual(incidents[0]?.id, { name: 'csirt "b" & co.example', instance: '2', id: '2026 - 7 <1>' })
    assert.equal(incidents[0]?.purpose, 'traceback')
    assert.match(xml, /<GenerationTime>2026-11-26T12:00:00.000Z<\/GenerationTime>/)
    assert.match(xml, /<Contact role="creator" type="organization"><ContactName>csirt-a.example</)
  })

  test('has an IncidentID without a number where none is asked for', () => {
    const { xml } = composed(null)
    assert.equal(valid(xml).document.xml, xml)
    assert.match(xml, /<IncidentID name="csirt-a.example"><\/IncidentID>/)
  })

  test("is restricted as RIDPolicy is, else as the strictest that those may see who are asked, and by its IncidentID's own word", () => {
    const asked = { attributes: { name: 'csirt.example' }, text: '7' }
    assert.deepEqual(composed(asked, 'need-to-know').needed, ['need-to-know'])
    assert.deepEqual(composed(asked).needed, ['partner'])
    assert.deepEqual(composed(asked, undefined, ['red', 'default', 'public']).needed, ['private'])
    assert.deepEqual(composed(asked, undefined, ['default']).needed, ['default'])
    assert.deepEqual(composed(asked, undefined, []).needed, ['private'])
    const own = { attributes: { name: 'csirt.example', restriction: 'private' }, text: '7' }
    assert.deepEqual(composed(own, 'public').needed, ['private'])
  })
})
