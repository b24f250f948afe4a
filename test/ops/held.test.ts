import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupOf, heldGroups } from '../../src/ops/held.ts'
import { held, NOW } from './sources.ts'

test('what is held is grouped by destination and by reasons that are alike, the largest group and the newest first', () => {
  const rows = [
    held('1', 'It was denied.'),
    held('2', 'status 403'),
    { ...held('3', 'status 500'), updatedAt: NOW },
    held('4', 'status 404'),
    { ...held('5', 'status 403'), destination: 'csirt-c' },
    { ...held('6', 'status 403'), kind: 'topic' as const },
  ]
  const groups = heldGroups(rows)
  assert.deepEqual(
    groups.map((group) => group.rows.map(({ id }) => id)),
    [['3', '4', '2'], ['1'], ['5'], ['6']],
  )
  assert.equal(groups[0]?.reason, 'status 500')
  assert.match(groups[0]?.key ?? '', /^[0-9a-f]{16}$/)
  assert.ok(rows.every((row) => groups.find(({ key }) => key === groupOf(row))?.rows.includes(row)))
})
