import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SaslError } from '../../../src/grid/sasl/mechanism.ts'
import { saslprep } from '../../../src/grid/sasl/saslprep.ts'
import { scram } from '../../../src/grid/sasl/scram.ts'

const decode = (base64: string) => Buffer.from(base64, 'base64').toString('utf8')

describe('SCRAM', () => {
  test('gives the exchange of RFC 5802 section 5', async () => {
    const mechanism = scram({
      hash: 'sha1',
      username: 'user',
      password: 'pencil',
      binding: { kind: 'none' },
      nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    })
    assert.equal(mechanism.name, 'SCRAM-SHA-1')
    assert.equal(mechanism.start(), 'n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL')
    const nonce = 'fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j'
    assert.equal(
      await mechanism.challenge(`r=${nonce},s=QSXCR+Q6sek8bf92,i=4096`),
      `c=biws,r=${nonce},p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=`,
    )
    mechanism.success('v=rmF9pqV8S7suAoZWja4dJRkFsKQ=')
  })

  test('gives the exchange of RFC 7677 section 3', async () => {
    const ours = 'rOprNGfwEbeRWgbNEkqO'
    const mechanism = scram({
      hash: 'sha256',
      username: 'user',
      password: 'pencil',
      binding: { kind: 'none' },
      nonce: ours,
    })
    assert.equal(mechanism.name, 'SCRAM-SHA-256')
    assert.equal(mechanism.start(), `n,,n=user,r=${ours}`)
    const nonce = `${ours}%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0`
    assert.equal(
      await mechanism.challenge(`r=${nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`),
      `c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`,
    )
    mechanism.success('v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  })

  test('takes the proof of the server as a last challenge, too', async () => {
    const mechanism = scram({
      hash: 'sha1',
      username: 'user',
      password: 'pencil',
      binding: { kind: 'none' },
      nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    })
    await mechanism.challenge('r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096')
    assert.equal(await mechanism.challenge('v=rmF9pqV8S7suAoZWja4dJRkFsKQ='), '')
    mechanism.success(undefined)
  })

  test('takes more iterations than were usual when it was written', async () => {
    const mechanism = scram({ hash: 'sha1', username: 'u', password: 'p', binding: { kind: 'none' }, nonce: 'n' })
    assert.match(await mechanism.challenge('r=nx,s=AAAA,i=600000'), /^c=biws,r=nx,p=/)
  })

  test('puts the channel binding into header and proof', async () => {
    const data = Buffer.from('binding')
    const mechanism = scram({
      hash: 'sha256',
      username: 'user',
      password: 'pencil',
      binding: { kind: 'bound', type: 'tls-exporter', data },
      nonce: 'n',
    })
    assert.equal(mechanism.name, 'SCRAM-SHA-256-PLUS')
    assert.equal(mechanism.start(), 'p=tls-exporter,,n=user,r=n')
    const final = await mechanism.challenge('r=nx,s=AAAA,i=4096')
    assert.equal(decode(/^c=([^,]*)/.exec(final)?.[1] ?? ''), 'p=tls-exporter,,binding')
  })

  test('says y when it could bind and the server offered nothing', async () => {
    const mechanism = scram({
      hash: 'sha256',
      username: 'a',
      password: 'b',
      binding: { kind: 'unoffered' },
      nonce: 'n',
    })
    assert.equal(mechanism.start(), 'y,,n=a,r=n')
    assert.match(await mechanism.challenge('r=nx,s=AAAA,i=4096'), /^c=eSws,/)
  })

  test('escapes the user name', () => {
    const mechanism = scram({ hash: 'sha1', username: 'a=b,c', password: 'b', binding: { kind: 'none' }, nonce: 'n' })
    assert.equal(mechanism.start(), 'n,,n=a=3Db=2Cc,r=n')
  })

  for (const [name, first] of [
    ['another nonce', 'r=zzz,s=AAAA,i=4096'],
    ['our nonce and nothing more', 'r=n,s=AAAA,i=4096'],
    ['too few iterations', 'r=nx,s=AAAA,i=4095'],
    ['iterations that would take minutes', 'r=nx,s=AAAA,i=2000000000'],
    ['iterations that are no number', 'r=nx,s=AAAA,i=4096x'],
    ['no salt', 'r=nx,s=,i=4096'],
    ['an extension that must be understood', 'm=x,r=nx,s=AAAA,i=4096'],
    ['nothing', ''],
  ] as const) {
    test(`refuses a first message with ${name}`, async () => {
      const mechanism = scram({ hash: 'sha256', username: 'a', password: 'b', binding: { kind: 'none' }, nonce: 'n' })
      await assert.rejects(mechanism.challenge(first), SaslError)
    })
  }

  test('success counts only with the right signature, and never before a challenge', async () => {
    const make = () => scram({ hash: 'sha256', username: 'a', password: 'b', binding: { kind: 'none' }, nonce: 'n' })
    assert.throws(() => make().success('v=AAAA'), SaslError)
    assert.throws(() => make().success(undefined), SaslError)
    for (const final of ['v=AAAA', 'v=', 'e=other-error', '', undefined]) {
      const mechanism = make()
      await mechanism.challenge('r=nx,s=AAAA,i=4096')
      assert.throws(() => mechanism.success(final), SaslError, String(final))
    }
  })
})

describe('SASLprep', () => {
  // RFC 4013 section 3
  for (const [input, output] of [
    ['I\u00adX', 'IX'],
    ['user', 'user'],
    ['USER', 'USER'],
    ['\u00aa', 'a'],
    ['\u2168', 'IX'],
    ['a\u00a0b', 'a b'],
    ['パスワード', 'パスワード'],
  ] as const) {
    test(`turns ${JSON.stringify(input)} into ${JSON.stringify(output)}`, () => assert.equal(saslprep(input), output))
  }
  test('refuses control characters', () => assert.throws(() => saslprep('\u0007'), SaslError))
})
