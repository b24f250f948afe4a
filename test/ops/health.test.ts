import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Expiry } from '../../src/ops/certificate-health.ts'
import { diskFinding } from '../../src/ops/disk-health.ts'
import type { HealthSources } from '../../src/ops/health.ts'
import { DAY, MINUTE, row, START, setup } from './health-bench.ts'

describe('the health of the gateway', () => {
  test('looks at each of a thousand peers a few times, not once for each other', async () => {
    const peers = Array.from({ length: 1000 }, (_, i) => ({ kind: 'peer', name: `peer-${i}` }) as const)
    let looked = 0
    const rows = peers.map(({ name }) => ({
      ...row({ kind: 'peer', held: 1 }),
      get destination() {
        looked += 1
        return name
      },
    }))
    const t = setup({ destinations: peers, backlog: async () => rows })
    await t.health.look()
    assert.equal(t.part('peer:peer-999')?.state, 'degraded')
    assert.ok(looked >= 1000 && looked <= 10_000, `${looked}`)
  })

  test('is good where nothing is wrong', async () => {
    const t = setup()
    await t.health.look()
    assert.equal(t.verdict(), 'works')
    assert.deepEqual(t.all().toSorted(), [
      'disk ok',
      'file:files.example ok',
      'grid ok',
      'jid:soc@grid.example ok',
      'peer:csirt-b ok',
      'queue ok',
      'rid ok',
      'topic:incident ok',
    ])
  })

  test('that the Controller is away needs somebody, is no reason to send nothing, and counts from when it stopped', () => {
    const t = setup()
    t.pass(MINUTE)
    t.health.grid('session', 'down', 'Nothing listens there.')
    const since = t.part('grid')?.since
    t.pass(MINUTE)
    t.health.grid('session', 'connecting', null)
    t.pass(MINUTE)
    t.health.grid('session', 'down', 'Nothing listens there.')
    const { state, reason, since: still } = t.part('grid') ?? {}
    assert.deepEqual([state, still], ['failed', since])
    assert.match(reason ?? '', /^Nothing listens there\. Reports are taken/)
    assert.equal(t.verdict(), 'needs-you')
    assert.deepEqual(
      t.all().filter((one) => one.endsWith('failed')),
      ['grid failed'],
    )
    t.health.grid('session', 'up', null)
    assert.deepEqual(
      [t.part('topic:incident')?.state, t.part('topic:incident')?.reason],
      ['degraded', 'It is not joined yet.'],
    )
    t.health.grid('topic:incident', 'up', null)
    assert.equal(t.verdict(), 'works')
  })

  test('a session that keeps ending is told though it is up, and forgotten in time', () => {
    const t = setup()
    for (let i = 0; i < 3; i += 1) {
      t.health.grid('session', 'down', 'The connection ended.')
      t.health.grid('session', 'up', null)
      t.health.grid('topic:incident', 'up', null)
    }
    assert.match(t.part('grid')?.reason ?? '', /ended 3 times within 10 minutes/)
    assert.equal(t.part('grid')?.state, 'degraded')
    t.pass(11 * MINUTE)
    assert.equal(t.verdict(), 'works')
  })

  test('a Broker that takes little is told with what to lift', () => {
    const t = setup()
    t.health.grid('session', 'up', 'It takes 3000 bytes a second: lift its limit.')
    assert.deepEqual(
      [t.part('grid')?.state, t.part('grid')?.reason],
      ['degraded', 'It takes 3000 bytes a second: lift its limit.'],
    )
  })

  test('a certificate that runs out fails at that second, is told once, and nobody can send', () => {
    const own: Expiry = { name: 'rid-certificate', notAfter: START + 20 * DAY }
    const t = setup({ expiry: () => [own] })
    assert.equal(t.part('certificate:rid-certificate')?.state, 'ok')
    t.pass(7 * DAY)
    assert.match(t.part('certificate:rid-certificate')?.reason ?? '', /2026-03-21.*renew `rid\.tls\.cert`/)
    assert.equal(t.verdict(), 'needs-you')
    t.pass(13 * DAY + 1)
    t.pass(1000)
    assert.deepEqual([t.part('rid')?.state, t.part('certificate:rid-certificate')?.state], ['failed', 'failed'])
    assert.deepEqual([t.verdict(), t.ranOut], ['cannot-take', ['rid-certificate']])
  })

  test('a revocation list warns a day ahead, not from its first day on', () => {
    const list: Expiry = { name: 'grid-crl', notAfter: START + 7 * DAY }
    const t = setup({ expiry: () => [list] })
    assert.equal(t.verdict(), 'works')
    t.pass(6 * DAY + 1)
    assert.match(t.part('certificate:grid-crl')?.reason ?? '', /renew `grid\.tls\.crl`/)
    assert.equal(t.part('certificate:grid-crl')?.state, 'degraded')
  })

  test('a renewed certificate is good again, and one that is configured no more is no part', () => {
    let dates: Expiry[] = [{ name: 'rid-certificate', notAfter: START - 1 }]
    const t = setup({ expiry: () => dates })
    assert.equal(t.verdict(), 'cannot-take')
    dates = [{ name: 'rid-ca', notAfter: START + 100 * DAY }]
    t.pass(1000)
    assert.equal(t.verdict(), 'works')
    assert.equal(t.part('certificate:rid-certificate'), undefined)
  })

  test('a peer that is answered 503 since too much of it waits shows, though no Topic is full', () => {
    const t = setup()
    t.health.turnedAway('csirt-a')
    t.health.tick()
    assert.match(t.part('queue')?.reason ?? '', /^As much waits of csirt-a .*answered 503/)
    assert.equal(t.verdict(), 'needs-you')
    t.health.letIn('csirt-a')
    t.health.tick()
    assert.equal(t.verdict(), 'works')
  })

  test('what a Topic was in an earlier session is no fault of it in the next', () => {
    const t = setup()
    t.health.grid('topic:incident', 'down', 'The connection ended.')
    t.health.grid('session', 'down', 'The connection ended.')
    t.health.grid('session', 'up', null)
    assert.equal(t.part('topic:incident')?.state, 'degraded')
    t.health.grid('session', 'up', 'It takes 3000 bytes a second: lift its limit.')
    t.health.grid('topic:incident', 'refused', 'It does not exist.')
    t.health.grid('session', 'up', null)
    assert.equal(t.part('topic:incident')?.reason, 'It does not exist.')
  })

  test('a Topic whose queue is full is told, as who sends to it is answered 503', async () => {
    let waits = row({ pending: 7, sending: 1, oldest: START })
    const t = setup({ backlog: async () => [waits] })
    await t.health.look()
    assert.deepEqual(
      [t.part('queue')?.state, t.part('queue')?.reason],
      ['degraded', 'Close to `delivery.maxQueue` (10): incident (8).'],
    )
    waits = row({ pending: 10, oldest: START })
    await t.health.look()
    assert.equal(t.part('queue')?.state, 'failed')
    assert.match(t.part('queue')?.reason ?? '', /answered 503/)
    assert.equal(t.verdict(), 'needs-you')
  })

  test('a peer that is down, one for which something is held, and one that waits for long, each say so', async () => {
    let waits = row({ kind: 'peer', destination: 'csirt-b', held: 2 })
    let down: ReturnType<HealthSources['down']> = []
    const t = setup({ backlog: async () => [waits], down: () => down })
    await t.health.look()
    assert.deepEqual(
      [t.part('peer:csirt-b')?.state, t.part('peer:csirt-b')?.reason],
      ['degraded', '2 held for you: `iodef-gateway queue list --state held --destination csirt-b` says why.'],
    )
    waits = row({ kind: 'peer', destination: 'csirt-b', pending: 5, oldest: START - 61 * MINUTE })
    await t.health.look()
    assert.match(t.part('peer:csirt-b')?.reason ?? '', /^5 wait for it, the oldest for 1 h/)
    down = [{ kind: 'peer', destination: 'csirt-b', reason: 'Nothing listens there.' }]
    t.pass(1000)
    assert.match(t.part('peer:csirt-b')?.reason ?? '', /^Nothing listens there\. 5 wait/)
    assert.deepEqual([t.part('peer:csirt-b')?.state, t.verdict()], ['failed', 'needs-you'])
    assert.deepEqual(
      t.all().filter((one) => !one.endsWith('ok')),
      ['peer:csirt-b failed'],
    )
  })

  test('a JID that is paused, and a host of files that is down, each say so', async () => {
    const paused = { since: START, by: 'alice' }
    const t = setup({
      backlog: async () => [row({ kind: 'jid', destination: 'soc@grid.example', pending: 2, paused })],
      down: () => [{ kind: 'file', destination: 'files.example', reason: 'ECONNREFUSED.' }],
    })
    await t.health.look()
    assert.match(t.part('jid:soc@grid.example')?.reason ?? '', /^Paused by alice at .* 2 wait\./)
    assert.deepEqual(
      [t.part('file:files.example')?.state, t.part('file:files.example')?.reason],
      ['failed', 'ECONNREFUSED. 0 wait for it; it is tried again by itself.'],
    )
    assert.equal(t.verdict(), 'needs-you')
    t.health.grid('session', 'down', 'Nothing listens there.')
    assert.match(t.part('jid:soc@grid.example')?.reason ?? '', /waits for the session/)
    assert.equal(t.part('file:files.example')?.state, 'failed')
  })

  test('what is held for a Topic that is up is told at the Topic', async () => {
    const t = setup({ backlog: async () => [row({ held: 1 })] })
    await t.health.look()
    assert.match(t.part('topic:incident')?.reason ?? '', /^1 held for you/)
  })

  test('a Topic that is looked at again stays as it was meanwhile', () => {
    const t = setup()
    t.health.grid('topic:incident', 'refused', 'It does not exist.')
    t.health.grid('topic:incident', 'connecting', null)
    assert.equal(t.part('topic:incident')?.reason, 'It does not exist.')
    t.health.grid('topic:incident', 'up', null)
    t.health.grid('topic:incident', 'connecting', null)
    assert.equal(t.part('topic:incident')?.state, 'ok')
    t.health.grid('topic:incident', 'up', 'somebody@grid.example may read it and is not in `members`.')
    assert.equal(t.part('topic:incident')?.state, 'degraded')
    t.health.grid('topic:incident', 'refused', null)
    assert.equal(t.part('topic:incident')?.state, 'failed')
  })

  test('a disk that cannot be looked at hides nothing of the queue', async () => {
    const t = setup({ backlog: async () => [row({ held: 1 })], space: () => Promise.reject(new Error('ENOSYS')) })
    await t.health.look()
    assert.match(t.part('topic:incident')?.reason ?? '', /^1 held for you/)
  })

  test('a look that fails leaves what was known, and the next one goes on', async () => {
    let fails = false
    const backlog = async () => {
      if (fails) throw new Error('disk')
      return [row({ held: 1 })]
    }
    const t = setup({ backlog })
    await t.health.look()
    fails = true
    await t.health.look()
    assert.equal(t.part('topic:incident')?.state, 'degraded')
  })

  for (const [free, size, state] of [
    [50, 100, 'ok'],
    [9, 10_000, 'ok'],
    [1.5, 100, 'degraded'],
    [1.5, 10, 'ok'],
    [0.06, 0.1, 'failed'],
  ] as const) {
    test(`${free} GiB free of ${size} are ${state}`, () => {
      const found = diskFinding({ free: free * 2 ** 30, size: size * 2 ** 30 })
      assert.equal(found.state, state)
      assert.equal(found.reason === null, state === 'ok')
    })
  }
})
