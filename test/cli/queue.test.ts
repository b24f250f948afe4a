import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { incidentKey } from '../../src/iodef/incident-id.ts'
import type { Store } from '../../src/store/contract.ts'
import { openStore } from '../../src/store/sqlite/sqlite-store.ts'
import { untold } from '../../src/tell.ts'
import { LEAST } from '../config/example.ts'
import { eventually } from '../support/eventually.ts'
import { iodefGateway } from './capture.ts'

const KEYS = ['id', 'direction', 'source', 'destination', 'incident', 'state', 'attempts', 'nextAttempt', 'reason']

const ASKING = `
peers: [{ name: csirt-a, identity: { dns: csirt-a.example }, accept: [InvestigationRequest], url: "https://csirt-a.example/" }]
routes: [{ match: { type: [InvestigationRequest] }, ask: ["jid:soc@grid.example/tool"] }]
`

describe('queue and trace, while the store is open elsewhere', () => {
  const folder = mkdtempSync(join(tmpdir(), 'queue-'))
  const config = ['--config', join(folder, 'gateway.yaml')]
  let store: Store
  let waiting = ''
  let held = ''

  before(async () => {
    writeFileSync(join(folder, 'gateway.yaml'), LEAST + ASKING)
    store = await openStore({ path: join(folder, 'gateway.db'), tell: untold, clock: systemClock })
    held = await put('189493', 'a')
    const [unit] = await store.claim({
      kind: 'topic',
      destination: 'incident',
      limit: 1,
      now: Date.now(),
      leaseMs: 1000,
    })
    assert.equal(unit?.[0]?.id, held)
    const reason = 'item-not-acceptable\u001b[2J'
    await store.settle(
      [{ id: held, to: 'held', reason }],
      [
        {
          at: Date.now(),
          incident: 'csirt.example 189493',
          event: 'held',
          fields: { destination: 'incident', reason },
        },
      ],
    )
    waiting = await put('200', 'b')
  })
  after(async () => {
    await store[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  async function put(id: string, digit: string): Promise<string> {
    const incident = `csirt.example ${id}`
    const accepted = await store.accept(
      {
        direction: 'rid-to-grid',
        source: 'csirt-a',
        digest: digit.repeat(64),
        msgType: 'Report',
        incidents: [incident],
        receivedAt: Date.now(),
        deliveries: [
          {
            kind: 'topic',
            destination: 'incident',
            incident,
            item: digit.repeat(64),
            payload: '<x/>\u009b2J',
            state: 'pending',
          },
        ],
      },
      [{ at: Date.now(), incident, event: 'accepted', fields: { source: 'csirt-a' } }],
    )
    assert.equal(accepted.outcome, 'accepted')
    return accepted.outcome === 'accepted' ? (accepted.deliveries[0] ?? '') : ''
  }

  test('lists exactly the documented JSON', async () => {
    const { code, out } = await iodefGateway(['queue', 'list', ...config, '--json'])
    assert.equal(code, 0)
    const [first, second] = JSON.parse(out)
    assert.deepEqual(Object.keys(first), KEYS)
    assert.deepEqual(
      [first.id, first.state, first.nextAttempt, first.destination, first.source],
      [held, 'held', null, 'incident', 'csirt-a'],
    )
    assert.equal(second.state, 'pending')
    assert.match(second.nextAttempt, /^\d{4}-\d\d-\d\dT.*Z$/)
  })

  test('lists a table for people, narrowed as asked, harmless on a terminal', async () => {
    const { out } = await iodefGateway(['queue', 'list', ...config, '--state', 'held'])
    assert.match(out, /^ID +STATE +FROM +TO +INCIDENT +AGE +TRIES +NEXT +REASON\n/)
    assert.equal(out.trimEnd().split('\n').length, 2)
    assert.ok(!out.includes('\u001b'))
    const none = await iodefGateway(['queue', 'list', ...config, '--incident', 'nothing'])
    assert.deepEqual([none.code, none.out, none.err], [0, '', 'no deliveries\n'])
    assert.equal((await iodefGateway(['queue', 'list', ...config, '--state', 'hold'])).code, 2)
    assert.equal((await iodefGateway(['queue', 'list', ...config, '--limit', '0'])).code, 2)
  })

  test('shows one delivery with what is to be delivered', async () => {
    assert.match(
      (await iodefGateway(['queue', 'show', held, ...config])).out,
      /^state: +held\n[\s\S]*<x\/>&#x9b;2J\n$/m,
    )
    const { out } = await iodefGateway(['queue', 'show', held, ...config, '--json'])
    assert.equal(JSON.parse(out).payload, '<x/>\u009b2J')
    assert.ok(!out.includes('\u009b'))
    assert.equal((await iodefGateway(['queue', 'show', 'nix', ...config])).code, 1)
  })

  test('refuses a destination that there is not, and suggests one', async () => {
    for (const args of [
      ['list', '--destination', 'incidnt'],
      ['pause', 'incidnt'],
      ['retry', '--all', '--destination', 'incidnt'],
    ]) {
      const { code, err } = await iodefGateway(['queue', ...args, ...config])
      assert.equal(code, 2)
      assert.match(err, /there is no Topic or peer "incidnt", nor such a JID or host \(did you mean "incident"\?\)/)
    }
    assert.match((await iodefGateway(['queue', 'pause', ...config])).err, /pause needs the NAME of a Topic or peer/)
  })

  test('finds what is for a destination that is named with its kind', async () => {
    const { out } = await iodefGateway(['queue', 'list', '--destination', 'topic:incident', ...config, '--json'])
    assert.deepEqual(
      JSON.parse(out).map(({ id }: { id: string }) => id),
      [held, waiting],
    )
    const args = ['discard', '--all', '--dry-run', '--destination', 'topic:incident']
    assert.equal((await iodefGateway(['queue', ...args, ...config])).out, '1 would be discarded\n')
    const stats = await iodefGateway(['queue', 'stats', '--destination', 'topic:incident', ...config])
    assert.match(stats.out, /^incident +held +1 /m)
  })

  test('shows of a delivery what befell it, and with --body nothing but the document', async () => {
    const { out } = await iodefGateway(['queue', 'show', held, ...config])
    assert.match(out, /^reason: +item-not-acceptable.\[2J$/m)
    assert.equal((await iodefGateway(['queue', 'show', held, ...config, '--body'])).out, '<x/>&#x9b;2J\n')
  })

  test('pauses a destination, says so, and resumes it', async () => {
    const paused = await iodefGateway(['queue', 'pause', 'topic:incident', ...config])
    assert.equal(paused.out, 'topic incident: paused; what is being sent now still goes\n')
    const [row] = await store.backlog()
    assert.equal(row?.paused?.by, userInfo().username)
    assert.match((await iodefGateway(['queue', 'pause', 'incident', ...config])).out, /is paused already, by /)
    assert.match((await iodefGateway(['queue', 'stats', ...config])).out, /topic incident is paused by /)
    assert.match(
      (await iodefGateway(['queue', 'resume', 'incident', ...config])).out,
      /^topic incident: resumed; 1 go out\n$/,
    )
    assert.match((await iodefGateway(['queue', 'resume', 'incident', ...config])).out, /was not paused/)
    assert.equal((await store.backlog())[0]?.paused, null)
    const { username } = userInfo()
    assert.deepEqual(
      (await store.trace('destination incident')).map(({ event, fields }) => [event, fields.kind, fields.by]),
      [
        ['paused', 'topic', username],
        ['resumed', 'topic', username],
      ],
      'what was so before is no deed',
    )
  })

  test('pauses whom the grid is to be asked, before anything was asked', async () => {
    const pause = (action: string, name: string) => iodefGateway(['queue', action, name, ...config])
    const jid = 'soc@grid.example/tool'
    assert.match((await pause('pause', jid)).out, /^jid soc@grid\.example\/tool: paused/)
    assert.equal((await store.backlog()).find(({ destination }) => destination === jid)?.kind, 'jid')
    assert.equal((await pause('resume', `jid:${jid}`)).out, `jid ${jid}: resumed; 0 go out\n`)
  })

  test('counts what waits by destination, state and reason, and by age', async () => {
    const { out } = await iodefGateway(['queue', 'stats', ...config])
    assert.match(out, /^TO +STATE +COUNT +<5m +<1h +<1d +older +OLDEST +REASON$/m)
    assert.match(out, /^incident +held +1 +1 +0 +0 +0 +\d+s +item-not-acceptable/m)
    assert.match(out, /^incident +pending +1 +1 +0 +0 +0 +\d+s/m)
    const { groups } = JSON.parse((await iodefGateway(['queue', 'stats', ...config, '--json'])).out)
    assert.deepEqual(groups.map(({ state, count }: { state: string; count: number }) => [state, count]).sort(), [
      ['held', 1],
      ['pending', 1],
    ])
    assert.equal((await iodefGateway(['queue', 'stats', ...config, '--destination', 'incident'])).code, 0)
  })

  test('retries and discards all that fit, and nothing else; without --state what is held', async () => {
    const first = await put('bulk-1', 'c')
    const second = await put('bulk-2', 'd')
    const units = await store.claim({
      kind: 'topic',
      destination: 'incident',
      limit: 9,
      now: Date.now(),
      leaseMs: 60_000,
    })
    const claimed = units.flat().filter(({ id }) => id === first || id === second)
    assert.equal(claimed.length, 2)
    const outcome = (id: string) =>
      id === first || id === second
        ? ({ id, to: 'held', reason: `403 of ${id}` } as const)
        : ({ id, to: 'pending', nextAttempt: Date.now(), reason: 'later', countAttempt: false } as const)
    await store.settle(units.flat().map(({ id }) => outcome(id)))
    const bulk = (...args: string[]) => iodefGateway(['queue', ...args, ...config])
    assert.equal((await bulk('retry', '--all', '--reason', '403 OF', '--dry-run')).out, '2 would be due now\n')
    assert.equal((await store.show(first))?.state, 'held')
    assert.equal((await bulk('retry', '--all', '--reason', '403 OF')).out, '2 of 2 due now\n')
    assert.equal((await store.show(second))?.state, 'pending')
    assert.equal((await store.show(held))?.state, 'held', 'its reason is another')
    const dropped = await bulk('discard', '--all', '--state', 'pending', '--incident', 'bulk-1', '--json')
    assert.deepEqual(JSON.parse(dropped.out), { action: 'discard', fit: 1, done: 1, dry: false })
    assert.deepEqual([(await store.show(first))?.state, (await store.show(second))?.state], ['discarded', 'pending'])
    assert.equal((await bulk('discard', second)).code, 0)
    assert.equal((await bulk('discard', '--all', '--reason', 'nothing like it')).code, 1)
    assert.equal((await bulk('retry', '--all', second)).code, 2)
  })

  test('retries and discards, and the other side sees it', async () => {
    assert.equal((await iodefGateway(['queue', 'retry', held, ...config])).code, 0)
    assert.equal((await store.show(held))?.state, 'pending')
    assert.equal((await iodefGateway(['queue', 'discard', held, waiting, ...config])).code, 0)
    assert.equal((await store.show(waiting))?.state, 'discarded')
    const missing = await iodefGateway(['queue', 'retry', 'nix', ...config])
    assert.equal(missing.code, 1)
    assert.match(missing.err, /there is no such delivery/)
  })

  test('leaves in the trace what was done, to what and by whom', async () => {
    const { out } = await iodefGateway(['trace', '189493', ...config, '--json'])
    const by = userInfo().username
    const shown = (JSON.parse(out) as Record<string, unknown>[]).map((row) => [
      row.event,
      row.delivery,
      row.was,
      row.by,
    ])
    assert.deepEqual(shown.slice(2), [
      ['requeued', held, 'held', by],
      ['discarded', held, 'pending', by],
    ])
    const text = (await iodefGateway(['trace', '200', ...config])).out
    assert.match(
      text,
      new RegExp(`discarded +csirt-a -> incident · delivery ${waiting}, attempts 0, was pending, by ${by}\\n`),
    )
    // behind sudo it is whoever called it
    if (process.getuid?.() === 0) {
      await iodefGateway(['queue', 'retry', waiting, ...config], { SUDO_USER: 'alice' })
      assert.match((await iodefGateway(['trace', '200', ...config])).out, /requeued .* was discarded, by alice\n/)
    }
  })

  test('says why a delivery on its way is left alone', async () => {
    await iodefGateway(['queue', 'retry', waiting, ...config])
    const [unit] = await store.claim({
      kind: 'topic',
      destination: 'incident',
      limit: 1,
      now: Date.now(),
      leaseMs: 60_000,
    })
    const id = unit?.[0]?.id ?? ''
    // what is beside the gateway hears of an attempt once it lasts
    await eventually('it is said to be sent', async () => {
      const { out } = await iodefGateway(['queue', 'show', id, ...config, '--json'])
      return JSON.parse(out).state === 'sending'
    })
    const { code, out } = await iodefGateway(['queue', 'discard', id, ...config, '--json'])
    assert.equal(code, 1)
    assert.match(JSON.parse(out)[0].message, /being sent at this moment/)
  })

  test('traces an incident by its number or its whole name', async () => {
    for (const id of ['189493', 'csirt.example 189493']) {
      const { code, out } = await iodefGateway(['trace', id, ...config, '--json'])
      assert.equal(code, 0)
      const events = JSON.parse(out)
      assert.deepEqual(
        events.slice(0, 2).map(({ event }: { event: string }) => event),
        ['accepted', 'held'],
      )
      assert.match(events[1].reason, /^item-not-acceptable/)
      assert.match(events[1].at, /Z$/)
    }
    const { out } = await iodefGateway(['trace', '189493', ...config])
    assert.match(out, /^csirt\.example 189493\n.*accepted +csirt-a\n.*held +-> incident|held +incident/m)
    assert.match(out, /\nNow:\n/)
  })

  test('finds an incident as it was written, as it is printed, and when it looks like an option', async () => {
    const long = `2026-${'y'.repeat(450)}`
    const key = incidentKey({ name: 'csirt.example', id: long, instance: null })
    for (const [at, known, asked] of [
      ['c', 'csirt.example RT #12 x', ['RT  #12   x', 'RT #12\nx', 'csirt.example RT #12 x']],
      ['d', 'csirt.example -5', ['-5', 'csirt.example -5']],
      ['e', 'csirt.example --5-of-7', ['--5-of-7', 'csirt.example --5-of-7']],
      ['f', key, [long, `csirt.example ${long}`, key]],
    ] as const) {
      await put(known.slice('csirt.example '.length), at)
      for (const id of asked) {
        const { code, out, err } = await iodefGateway(['trace', id, ...config])
        assert.equal(code, 0, `${id}: ${err}`)
        assert.ok(out.startsWith(known), out)
        const rows = await iodefGateway(['queue', 'list', `--incident=${id}`, ...config, '--json'])
        assert.deepEqual(
          JSON.parse(rows.out).map((row: { incident: string }) => row.incident),
          [known],
          id,
        )
      }
    }
    assert.equal((await iodefGateway(['trace', ...config, '--', '--help'])).code, 1)
    const wrong = await iodefGateway(['trace', '1', ...config, '--jsn'])
    assert.match(wrong.err, /no option --jsn \(did you mean "--json"\?\)/)
  })

  test('does not push all columns away for one long IncidentID', async () => {
    const { out } = await iodefGateway(['queue', 'list', ...config])
    const rows = out.trimEnd().split('\n')
    assert.ok(rows.some((row) => row.length > 250))
    assert.ok(rows.filter((row) => row.length < 200).length >= rows.length - 1, out)
  })

  test('says so when nothing is known', async () => {
    const { code, err } = await iodefGateway(['trace', '18949', ...config])
    assert.equal(code, 1)
    assert.match(err, /nothing is known of 18949/)
  })

  test('needs a store', async () => {
    writeFileSync(join(folder, 'other.yaml'), LEAST.replace('gateway.db', 'none.db'))
    const { code, err } = await iodefGateway(['queue', 'list', '--config', join(folder, 'other.yaml')])
    assert.equal(code, 3)
    assert.match(err, /no store at .*none\.db/)
  })
})

describe('queue list of more deliveries than fit on a page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'queue-long-'))
  const config = ['--config', join(folder, 'gateway.yaml')]

  before(async () => {
    writeFileSync(join(folder, 'gateway.yaml'), LEAST)
    await using store = await openStore({
      path: join(folder, 'gateway.db'),
      tell: untold,
      clock: systemClock,
    })
    const now = Date.now()
    const put = (incident: string, state: 'held' | 'withheld' | 'pending', count: number) => {
      const deliveries = Array.from({ length: count }, (_, i) => ({
        kind: 'topic' as const,
        destination: 'incident',
        incident: `${incident} ${i}`,
        item: `${incident}-${i}`,
        payload: '<x/>',
        state,
      }))
      const incidents = [incident]
      const digest = incident.padEnd(64, '0')
      const about = { direction: 'rid-to-grid', source: 'a', digest, msgType: 'Report', incidents } as const
      return store.accept({ ...about, receivedAt: now, deliveries })
    }
    await put('delivered', 'pending', 1003)
    const claimed = await store.claim({ kind: 'topic', destination: 'incident', limit: 2000, now, leaseMs: 60_000 })
    assert.equal(claimed.flat().length, 1003)
    await store.settle(claimed.flat().map(({ id }) => ({ id, to: 'delivered' })))
    await put('held', 'held', 700)
    await put('withheld', 'withheld', 700)
    await put('pending', 'pending', 700)
  })
  after(() => rmSync(folder, { recursive: true }))

  async function list(...options: string[]) {
    const { code, out, err } = await iodefGateway(['queue', 'list', ...config, ...options, '--json'])
    assert.equal(code, 0)
    const rows: { id: string; state: string }[] = JSON.parse(out)
    return { states: Object.groupBy(rows, ({ state }) => state), rows, out, err }
  }

  test('drops nothing that waits for somebody', async () => {
    const { states, rows, out, err } = await list()
    assert.deepEqual(
      Object.entries(states).map(([state, those]) => [state, those?.length]),
      [
        ['delivered', 1000],
        ['held', 700],
        ['withheld', 700],
        ['pending', 700],
      ],
    )
    assert.deepEqual(
      rows,
      rows.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    )
    assert.equal(
      err,
      '3 older deliveries, delivered or discarded, are not shown: "--limit 3103" shows all, --state others only\n',
    )
    assert.equal(out, `${JSON.stringify(rows, null, 2)}\n`)
    const { rows: waiting, err: nothing } = await list('--state', 'held,withheld,pending,sending')
    assert.deepEqual([waiting.length, nothing], [2100, ''])
  })

  test('says of what policy kept back that it is judged anew', async () => {
    const { rows } = await list()
    const [held = '', withheld = ''] = ['held', 'withheld'].map((word) => rows.find(({ state }) => state === word)?.id)
    const { out } = await iodefGateway(['queue', 'retry', held, withheld, ...config])
    assert.equal(out, `${held}: due now\n${withheld}: will be judged anew\n`)
  })

  test('shows the table whole, too', async () => {
    const { out, err } = await iodefGateway(['queue', 'list', ...config])
    assert.equal(out.trimEnd().split('\n').length, 3101)
    assert.match(err, /^3 older deliveries/)
  })

  test('keeps to a limit that is given, and says nothing then', async () => {
    for (const [limit, expected] of [
      ['2', 2],
      ['3103', 3103],
    ] as const) {
      const { rows, err } = await list('--limit', limit)
      assert.deepEqual([rows.length, err], [expected, ''])
    }
    const { rows, err } = await list('--state', 'delivered')
    assert.equal(rows.length, 1000)
    assert.match(err, /^3 older .*"--limit 1003"/)
  })

  test('gives up all that fit, and takes all of them back, however many that are', async () => {
    const bulk = async (...args: string[]) => (await iodefGateway(['queue', ...args, '--all', ...config])).out
    assert.equal(await bulk('discard', '--state', 'held,withheld,pending'), '2100 of 2100 discarded\n')
    assert.equal(await bulk('retry', '--state', 'discarded', '--dry-run'), '2100 would be due now\n')
    assert.equal(await bulk('retry', '--state', 'discarded', '--limit', '2'), '2 of 2 due now\n')
    assert.equal(await bulk('retry', '--state', 'discarded'), '2098 of 2098 due now\n')
  })
})
