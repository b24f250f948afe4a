import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anonymousRow, redirectRow, sameRow, tableRow, unaskedRow } from '../../src/cli/probe-rows.ts'
import type { Reply } from '../../src/rid/contract.ts'
import type { Probed } from '../../src/rid/probe-session.ts'
import type { MsgType } from '../../src/vocabulary.ts'

const EXPECTED = { check: 'x', where: 'RFC 6546', right: 'y' }

const answered = (status: number, body = '', callbackToken?: string): Probed => ({
  kind: 'answered',
  status,
  contentType: undefined,
  retryAfter: undefined,
  location: undefined,
  callbackToken,
  body: Buffer.from(body),
})
const failed: Probed = { kind: 'failed', reason: 'gone' }
const report: Reply = { kind: 'message', msgType: 'Report', text: '' }

test('each answer is as RFC 6546 Table 1 has it, or not, or says neither', () => {
  const rows: readonly (readonly [MsgType, Probed, Reply | undefined, string])[] = [
    ['Query', answered(200, '<RID/>'), report, 'yes'],
    ['Query', answered(202, '', 'token'), undefined, 'yes'],
    ['Query', answered(202), undefined, 'no'],
    ['Query', answered(200), undefined, 'no'],
    ['Query', answered(200, '{}'), { kind: 'improper', reason: 'JSON' }, 'no'],
    ['Query', answered(403), undefined, 'unknown'],
    ['Query', answered(302), undefined, 'no'],
    ['Query', failed, undefined, 'no'],
    ['Report', answered(200), undefined, 'yes'],
    ['Report', answered(200, '<RID/>'), report, 'no'],
  ]
  for (const [type, asked, reply, says] of rows) {
    const row = tableRow(EXPECTED, asked, reply, type)
    assert.equal(row.asItSays, says, `${type}: ${row.found}`)
  }
})

test('what nobody asked for is refused, or taken for a callback', () => {
  const says = (asked: Probed) => unaskedRow(EXPECTED, asked).asItSays
  assert.deepEqual([says(answered(403)), says(answered(200)), says(answered(200, 'x'))], ['yes', 'unknown', 'no'])
})

test('nobody without a certificate is answered', () => {
  const says = (asked: Probed) => anonymousRow(EXPECTED, asked).asItSays
  assert.deepEqual([says(failed), says(answered(403)), says(answered(204))], ['yes', 'yes', 'no'])
})

test('the same message in another charset gets the same status', () => {
  const says = (asked: Probed) => sameRow(EXPECTED, asked, answered(200)).asItSays
  assert.deepEqual([says(answered(200)), says(answered(415)), says(failed)], ['yes', 'no', 'unknown'])
})

test('a redirection is noticed wherever it stands', () => {
  assert.equal(redirectRow([answered(200), failed]).asItSays, 'yes')
  assert.equal(redirectRow([answered(200), answered(307)]).found, '307 to nowhere')
})
