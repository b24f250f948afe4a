import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MINUTE, START, setup } from './health-bench.ts'

describe('the health of the RID side', () => {
  test('one refusal by a list of ours that fits no CA means that nobody can send, until somebody is let in', () => {
    const t = setup()
    t.pass(1000)
    t.health.refused({
      reason: 'UNABLE_TO_GET_CRL',
      remote: '192.0.2.1',
      words: 'there is no revocation list of its CA',
    })
    t.pass(1000)
    assert.match(t.part('rid')?.reason ?? '', /there is no revocation list of its CA\. Mend `rid\.tls\.crl`/)
    assert.equal(t.verdict(), 'cannot-take')
    t.door.letIn = START + 3000
    t.health.served()
    t.pass(1000)
    assert.deepEqual([t.part('rid')?.state, t.verdict()], ['degraded', 'needs-you'])
    t.pass(11 * MINUTE)
    assert.equal(t.verdict(), 'works')
  })

  test('lists of which none is of a CA of ours refuse everybody, which is told before anybody comes', () => {
    const t = setup()
    t.door.lists = { lacking: ['CN=root'], none: true }
    t.pass(1000)
    assert.match(t.part('rid')?.reason ?? '', /No revocation list is of a CA in `rid\.tls\.ca`.*mend `rid\.tls\.crl`/)
    assert.equal(t.verdict(), 'cannot-take')
    t.door.lists = { lacking: ['CN=root'], none: false }
    t.pass(1000)
    assert.match(t.part('rid')?.reason ?? '', /^Whoever is certified by "CN=root" is refused/)
    assert.equal(t.verdict(), 'needs-you')
    t.door.lists = { lacking: [], none: false }
    t.pass(1000)
    assert.equal(t.verdict(), 'works')
  })

  test('a list that refused somebody is forgotten once another is in force, not ten minutes later', () => {
    const t = setup()
    t.health.refused({ reason: 'UNABLE_TO_GET_CRL', remote: '192.0.2.1' })
    t.pass(1000)
    assert.equal(t.verdict(), 'cannot-take')
    t.door.lists = { lacking: [], none: false }
    t.pass(1000)
    assert.equal(t.verdict(), 'works')
  })

  test('a connection from before our certificate ran out does not hide that nobody gets a new one', () => {
    const t = setup({ expiry: () => [{ name: 'rid-certificate', notAfter: START + 1000 }] })
    t.door.letIn = START + 1200
    t.pass(2000)
    t.health.served()
    t.pass(1000)
    assert.deepEqual([t.part('rid')?.state, t.verdict()], ['failed', 'cannot-take'])
    t.door.letIn = START + 60_000
    t.pass(60_000)
    assert.deepEqual([t.part('rid')?.state, t.verdict()], ['degraded', 'needs-you'])
  })

  test('an answer of ours that is 503 for a reason that no other part has shows for ten seconds', () => {
    const t = setup()
    t.health.failed('Too many documents are being read.')
    t.health.tick()
    assert.equal(t.part('rid')?.reason, 'A message of a peer was answered 503: Too many documents are being read.')
    assert.equal(t.verdict(), 'needs-you')
    t.pass(10_000)
    assert.equal(t.verdict(), 'works')
  })

  test('a stranger whose certificate is refused turns nothing red, and many cannot end the service', () => {
    const t = setup()
    const stranger = { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT', remote: '192.0.2.1', words: 'it does not come from a CA' }
    t.health.refused(stranger)
    for (const reason of ['ERR_SSL_NO_SHARED_CIPHER', 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', 'ECONNRESET']) {
      for (let i = 0; i < 10; i += 1) t.health.refused({ ...stranger, reason })
    }
    t.pass(1000)
    assert.equal(t.part('rid')?.state, 'ok')
    for (let i = 0; i < 2; i += 1) t.health.refused(stranger)
    t.pass(1000)
    assert.match(
      t.part('rid')?.reason ?? '',
      /^3 clients .* from 192\.0\.2\.1: it does not come from a CA\. .*`rid\.tls\.ca`/,
    )
    assert.deepEqual([t.part('rid')?.state, t.verdict()], ['failed', 'needs-you'])
    t.health.served()
    t.pass(1000)
    assert.equal(t.verdict(), 'works')
  })
})
