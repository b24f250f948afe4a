import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { elementOf } from '../../src/profile/msg-types.ts'
import { MSG_TYPES } from '../../src/vocabulary.ts'
import { page } from './markdown.ts'

/** What a new MsgType is forgotten in, since no compiler reads it. */
describe('the MsgTypes', () => {
  test('are those of the schema of RID messages', () => {
    const [, body = ''] = /name="MsgTypeType">(.*?)<\/xs:simpleType>/s.exec(page('schemas/iodef-rid-2.0.xsd')) ?? []
    const listed = [...body.matchAll(/value="([\w-]+)"/g)].map(([, word]) => word)
    assert.deepEqual(listed.sort(), [...MSG_TYPES, 'ext-value'].sort())
  })

  test('are those that the reference lists at `accept`', () => {
    const [, cell = ''] = /^\| `peers\[\]\.accept` \| list of: ([^|]*) \|/m.exec(page('docs/reference.md')) ?? []
    assert.deepEqual([...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word).sort(), [...MSG_TYPES].sort())
  })

  test('have each its element in the grid profile, or none', () => {
    const profile = page('docs/grid-profile.md')
    const rows = profile.slice(
      profile.indexOf('| RID MsgType | element |'),
      profile.indexOf('With a RIDPolicy in the context'),
    )
    for (const type of MSG_TYPES) {
      const row = rows.split('\n').find((line) => line.split('|')[1]?.includes(type))
      const element = elementOf(type)
      if (element === undefined) assert.equal(row, undefined, type)
      else assert.ok(row?.includes(`\`${element}\``), `${type}: ${row}`)
    }
  })
})
