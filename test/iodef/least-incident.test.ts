import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastIncident } from '../../src/iodef/least-incident.ts'
import { joinDocument, PLAIN_SHELL } from '../../src/profile/shell.ts'
import { valid } from '../relay/journey.ts'

test('the least Incident is valid and in normal form, whatever it is called', () => {
  const incident = leastIncident({
    purpose: 'traceback',
    restriction: 'partner',
    id: { attributes: { name: 'a "b" & <c>', restriction: 'public', instance: '\t1', other: 'x' }, text: ' 1\n2 &<> ' },
    generated: Date.UTC(2026, 0, 1),
    creator: 'A & <B>',
  })
  const xml = joinDocument(PLAIN_SHELL, [incident])
  const { document } = valid(xml)
  assert.equal(document.xml, xml)
  assert.deepEqual(document.incidents[0]?.id, { name: 'a "b" & <c>', instance: '1', id: '1 2 &<>' })
})
