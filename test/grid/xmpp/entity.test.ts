import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asGatewayError } from '../../../src/grid/xmpp/entity.ts'

test('a file of ours that OpenSSL cannot use is told in words, not in those of OpenSSL', () => {
  const code = 'ERR_OSSL_PEM_NO_START_LINE'
  const thrown = Object.assign(new Error('error:0480006C:PEM routines::no start line'), { code })
  const { code: ours, message, fields } = asGatewayError(thrown)
  assert.deepEqual([ours, fields.raw], ['grid-tls', code])
  assert.match(message, /A certificate, key or CA of ours cannot be used: check says which\.$/)
})
