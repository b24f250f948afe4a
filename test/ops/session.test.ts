import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createSessions, type Sessions } from '../../src/ops/session.ts'
import { NOW, TOKEN } from './sources.ts'

function bench() {
  const time = { now: NOW }
  const secret = { token: TOKEN as string | Error }
  const sessions = createSessions({ now: () => time.now }, () => {
    if (secret.token instanceof Error) throw secret.token
    return secret.token
  })
  return { time, secret, sessions }
}

function cookie(sessions: Sessions, remote = '127.0.0.1'): string {
  const result = sessions.signIn(TOKEN, remote)
  assert.ok(result.outcome === 'in')
  assert.match(result.cookie, /^iodef-gateway=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/)
  return result.cookie.split(';')[0] ?? ''
}

describe('a session of the page', () => {
  test('begins with the token only, and is known by its cookie only', () => {
    const { sessions } = bench()
    for (const token of ['', 'x', `${TOKEN} `, TOKEN.slice(1)])
      assert.equal(sessions.signIn(token, 'a').outcome, 'wrong')
    const own = cookie(sessions)
    assert.ok(sessions.of(own))
    assert.ok(sessions.of(`other=1; ${own}; another=2`))
    for (const none of [
      undefined,
      '',
      'iodef-gateway=',
      'iodef-gateway',
      `${own}x`,
      own.replace('iodef-gateway', 'other'),
    ]) {
      assert.equal(sessions.of(none), undefined, none)
    }
  })

  test('ends when its time is over, when somebody signs out, and when the token is another', () => {
    const { sessions, time, secret } = bench()
    const [one, two, three] = [cookie(sessions), cookie(sessions), cookie(sessions)]
    sessions.signOut(one)
    assert.equal(sessions.of(one), undefined)
    time.now += 12 * 3_600_000 - 1
    assert.ok(sessions.of(two))
    time.now += 1
    assert.equal(sessions.of(two), undefined)
    time.now -= 60_000
    assert.ok(sessions.of(three), 'the others are as they were')
    secret.token = 'another token, of today'
    assert.equal(sessions.of(three), undefined)
    secret.token = TOKEN
    assert.equal(sessions.of(three), undefined, 'and stays so')
  })

  test('is nobody\u2019s while the token cannot be read or is empty', () => {
    const { sessions, secret } = bench()
    const own = cookie(sessions)
    secret.token = ''
    assert.equal(sessions.signIn('', 'a').outcome, 'wrong')
    secret.token = new Error('gone')
    assert.equal(sessions.of(own), undefined)
    assert.throws(() => sessions.signIn('', 'a'), /gone/)
  })

  test('is not found by trying: after five wrong tokens from an address no other is looked at for a minute', () => {
    const { sessions, time } = bench()
    for (let i = 0; i < 5; i += 1) assert.equal(sessions.signIn('x', '192.0.2.1').outcome, 'wrong')
    time.now += 1000
    assert.deepEqual(sessions.signIn(TOKEN, '192.0.2.1'), { outcome: 'too-many', seconds: 59 })
    assert.equal(sessions.signIn(TOKEN, '192.0.2.2').outcome, 'in', 'nobody else is stopped by it')
    time.now += 59_000
    assert.equal(sessions.signIn(TOKEN, '192.0.2.1').outcome, 'in')
  })

  test('cannot be tried for from every address of one network', () => {
    const { sessions } = bench()
    for (let i = 0; i < 5; i += 1) sessions.signIn('x', `2001:db8::${i}:1`)
    assert.equal(sessions.signIn(TOKEN, '2001:db8:0:0:ffff::9').outcome, 'too-many')
    assert.equal(sessions.signIn(TOKEN, '2001:db8:0:1::1').outcome, 'in')
  })

  test('seals each act for itself', () => {
    const { sessions } = bench()
    const [one, two] = [sessions.of(cookie(sessions)), sessions.of(cookie(sessions))]
    assert.ok(one && two)
    const seal = one.seal('retry 1')
    assert.ok(one.sealed('retry 1', seal))
    assert.equal(one.sealed('retry 2', seal), false)
    assert.equal(two.sealed('retry 1', seal), false)
    assert.equal(one.sealed('retry 1', ''), false)
  })

  test('says what became of an act for a while', () => {
    const { sessions, time } = bench()
    const session = sessions.of(cookie(sessions))
    assert.equal(session?.noticed(), undefined)
    session?.notice({ text: 'It is due now.', done: true })
    assert.equal(session?.noticed()?.text, 'It is due now.')
    time.now += 20_000
    assert.equal(session?.noticed(), undefined)
  })

  test('ends as the oldest, when there are more than a hundred', () => {
    const { sessions } = bench()
    const all = Array.from({ length: 101 }, () => cookie(sessions))
    assert.deepEqual(
      all.map((one) => sessions.of(one) !== undefined),
      [false, ...Array.from({ length: 100 }, () => true)],
    )
  })
})
