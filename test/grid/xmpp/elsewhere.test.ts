import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import { serviceElsewhere } from '../../../src/grid/xmpp/elsewhere.ts'

const at = (elsewhere: unknown, service = 'xmpp://a:1') =>
  serviceElsewhere(new GatewayError('grid-away', '', { fields: { elsewhere } }), service)

describe('where see-other-host points to', () => {
  test('is a service of the kind that is configured', () => {
    assert.equal(at('node2.example'), 'xmpp://node2.example:5222')
    assert.equal(at('node2.example', 'xmpps://a:1'), 'xmpps://node2.example:5223')
    assert.equal(at('192.0.2.7:5333'), 'xmpp://192.0.2.7:5333')
    assert.equal(at('[2001:db8::7]:5333'), 'xmpp://[2001:db8::7]:5333')
  })

  test('is nothing that is no address', () => {
    const none = [
      '',
      'a b',
      'http://x/',
      'x/y',
      'u@x',
      'x:0',
      'x:99999',
      '[x]',
      '[::1',
      '::1',
      'x?y',
      `${'x'.repeat(300)}`,
    ]
    for (const text of [...none, undefined]) assert.equal(at(text), undefined, text)
  })
})
