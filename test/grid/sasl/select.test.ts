import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TLSSocket } from 'node:tls'
import type { GridAuth } from '../../../src/config/types.ts'
import { GatewayError } from '../../../src/errors.ts'
import { selectMechanism } from '../../../src/grid/sasl/select.ts'

const PASSWORD: GridAuth = { kind: 'password', readPassword: () => 'secret', allowPlain: false }

/** A TLS session that can bind as these versions do. */
function tls(version: 'TLSv1.3' | 'TLSv1.2', { resumed = false, finished = true } = {}): TLSSocket {
  return {
    getProtocol: () => version,
    // RFC 9266 §2
    exportKeyingMaterial(length: number, label: string, context: Buffer) {
      assert.deepEqual([length, label, context.length], [32, 'EXPORTER-Channel-Binding', 0])
      return Buffer.from('exported')
    },
    isSessionReused: () => resumed,
    getFinished: () => (finished ? Buffer.from('finished') : undefined),
  } as unknown as TLSSocket
}

function choose(
  mechanisms: readonly string[],
  {
    auth = PASSWORD,
    socket = tls('TLSv1.3'),
    bindings,
  }: { auth?: GridAuth; socket?: TLSSocket; bindings?: string[] } = {},
) {
  const mechanism = selectMechanism(auth, { local: 'gateway' }, { mechanisms, bindings }, socket)
  // what it says of channel binding: RFC 5802 §7
  return `${mechanism.name} ${mechanism.start().split(',')[0]}`
}

describe('the mechanism', () => {
  const ALL = ['PLAIN', 'SCRAM-SHA-1', 'SCRAM-SHA-256', 'SCRAM-SHA-1-PLUS', 'SCRAM-SHA-256-PLUS', 'EXTERNAL']

  test('is the strongest that both sides have, in the order of RFC 8600 §8.3.1', () => {
    const bindings = ['tls-exporter']
    const chosen: string[] = []
    for (let offer = ALL; offer.length > 2; ) {
      const best = choose(offer, { bindings })
      chosen.push(best)
      offer = offer.filter((name) => name !== best.split(' ')[0])
    }
    assert.deepEqual(chosen, [
      'SCRAM-SHA-256-PLUS p=tls-exporter',
      'SCRAM-SHA-256 n',
      'SCRAM-SHA-1-PLUS p=tls-exporter',
      'SCRAM-SHA-1 y',
    ])
  })

  test('binds as its TLS does, and only to what the server takes', () => {
    const socket = tls('TLSv1.2')
    assert.equal(choose(ALL, { socket }), 'SCRAM-SHA-256-PLUS p=tls-unique')
    assert.equal(choose(ALL, { socket, bindings: ['tls-exporter'] }), 'SCRAM-SHA-256 n')
    // TLS 1.3 has no tls-unique, which is what -PLUS means where the server does not say
    assert.equal(choose(ALL), 'SCRAM-SHA-256 n')
    assert.equal(choose(ALL, { bindings: ['tls-exporter', 'tls-unique'] }), 'SCRAM-SHA-256-PLUS p=tls-exporter')
    assert.equal(choose(ALL, { socket: tls('TLSv1.2', { resumed: true }) }), 'SCRAM-SHA-256 n')
    assert.equal(choose(ALL, { socket: tls('TLSv1.2', { finished: false }) }), 'SCRAM-SHA-256 n')
  })

  test('is SCRAM-SHA-512 before all, where it is offered', () => {
    assert.equal(choose([...ALL, 'SCRAM-SHA-512']), 'SCRAM-SHA-512 n')
  })

  test('says that it could have bound only where nothing with -PLUS is on offer', () => {
    assert.equal(choose(['SCRAM-SHA-256']), 'SCRAM-SHA-256 y')
    assert.equal(choose(['SCRAM-SHA-256'], { socket: tls('TLSv1.2', { finished: false }) }), 'SCRAM-SHA-256 n')
    assert.equal(choose(['SCRAM-SHA-256', 'SCRAM-SHA-1-PLUS']), 'SCRAM-SHA-256 n')
  })

  test('is EXTERNAL where that is configured, and nothing else then', () => {
    const auth: GridAuth = { kind: 'external' }
    assert.match(choose(ALL, { auth }), /^EXTERNAL /)
    refuses(() => choose(['SCRAM-SHA-256', 'PLAIN'], { auth }), /EXTERNAL is not offered/)
    assert.doesNotMatch(choose(ALL), /EXTERNAL/)
  })

  test('is PLAIN only where it is allowed, and there is nothing better', () => {
    refuses(() => choose(['PLAIN']), /No mechanism in common: it offers PLAIN\./)
    const auth: GridAuth = { ...PASSWORD, allowPlain: true }
    assert.equal(choose(['PLAIN'], { auth }), 'PLAIN \0gateway\0secret')
    assert.match(choose(['PLAIN', 'SCRAM-SHA-1'], { auth }), /^SCRAM-SHA-1 /)
  })

  test('is none of those that nobody knows; the first of them are named', () => {
    refuses(() => choose([]), /it offers none\./)
    refuses(() => choose(['SCRAM-SHA3-512', 'X'.repeat(50)]), /it offers SCRAM-SHA3-512, X{30}\./)
    refuses(() => choose(Array.from({ length: 20 }, (_, n) => `M${n}`)), /M9\.$/)
  })

  test('does not tell why a password cannot be read, but to who looks at the cause', () => {
    const auth: GridAuth = {
      ...PASSWORD,
      readPassword: () => {
        throw new Error('EACCES: /etc/secret')
      },
    }
    const error = refuses(() => choose(ALL, { auth }), /The password cannot be read\.$/)
    assert.match(String((error.cause as Error).message), /EACCES/)
  })
})

function refuses(act: () => unknown, message: RegExp): GatewayError {
  try {
    act()
  } catch (error) {
    assert.ok(error instanceof GatewayError)
    assert.equal(error.code, 'grid-auth')
    assert.match(error.message, message)
    return error
  }
  return assert.fail('it was taken')
}
