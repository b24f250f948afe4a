import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { type Clock, systemClock } from '../../../src/clock.ts'
import type { NewExchange } from '../../../src/store/exchanges.ts'
import { openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { untold } from '../../../src/tell.ts'
import { eventually } from '../../support/eventually.ts'
import { type PostgresPair, startPostgresPair } from '../../support/postgres-standby.ts'
import { delivery, envelope, sha } from '../support.ts'

const urlOf = (ports: readonly number[]) => `postgres://gw@${ports.map((port) => `127.0.0.1:${port}`).join()}/gw`

const AWAY = { code: 'store-unavailable' }

describe('a primary and its synchronous standby', () => {
  let pair: PostgresPair
  before(async () => {
    pair = await startPostgresPair()
  })
  after(() => pair[Symbol.asyncDispose]())

  test('a standby that is named first, or that the old primary has become, is not taken for the one that writes', async () => {
    const schema = 'found'
    const [a, b] = pair.ports
    const open = (ports: readonly number[]) =>
      openGatewayStore({
        ...{ at: { url: urlOf(ports), schema }, tell: untold, clock: systemClock, patience: 2_500 },
      })
    await using store = await open([b, a])
    const accept = (name: string) => store.accept(envelope(systemClock, name, [delivery(name)]))
    assert.equal((await accept('before')).outcome, 'accepted')

    await pair.primary.kill()
    await eventually('it to be told', () =>
      accept('during').then(
        () => false,
        () => true,
      ),
    )
    const began = Date.now()
    await assert.rejects(accept('during'), {
      ...AWAY,
      detail: /:\d+: it is a standby.*nothing listens there|nothing listens there.*it is a standby/,
    })
    // at once, and not when patience is over
    assert.ok(Date.now() - began < 3_000)
    await pair.promote()
    await eventually('it to be found', () =>
      accept('after').then(
        () => true,
        () => false,
      ),
    )
    await pair.rejoin()
    await using late = await open([a, b])
    assert.equal((await late.accept(envelope(systemClock, 'late', [delivery('late')]))).outcome, 'accepted')
  })

  test('what a primary had written alone when it crashed is stored for nobody until its standby has it', async () => {
    const schema = 'alone'
    await using store = await openGatewayStore({
      ...{ at: { url: urlOf(pair.ports), schema }, tell: untold, clock: systemClock, patience: 2_500 },
    })
    const accept = (name: string) => store.accept(envelope(systemClock, name, [delivery(name)]))
    assert.equal((await accept('before')).outcome, 'accepted')

    await pair.standby.kill()
    const answer = accept('alone').catch((error: unknown) => error)
    const waits = `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`
    await eventually('the commit to wait for the standby', async () => (await pair.psql(waits)) !== '0')
    await pair.primary.kill()
    await wait(300)
    await pair.primary.start()
    await eventually('it to answer', async () => (await pair.psql('SELECT 1').catch(() => '')) === '1')
    // it is there, and on one machine
    assert.equal(await pair.psql('SELECT count(*) FROM alone.envelope'), '2')
    assert.equal(((await answer) as { code?: string }).code, AWAY.code)
    await assert.rejects(accept('alone'), AWAY)

    await pair.standby.start()
    await eventually(
      'it to be stored',
      async () => (await accept('alone').catch(() => undefined))?.outcome === 'duplicate',
      {
        ms: 60_000,
      },
    )
  })

  test('a report that waits for a standby is refused within seconds, as are those behind it, and is there once when it is sent again', async () => {
    const schema = 'waiting'
    await using store = await openGatewayStore({
      ...{ at: { url: urlOf(pair.ports), schema }, tell: untold, clock: systemClock, hurry: 2_000 },
    })
    const accept = (name: string) => store.accept(envelope(systemClock, name, [delivery(name)]))
    assert.equal((await accept('before')).outcome, 'accepted')
    let told = 0
    using _ = store.onChange((change) => {
      if (change === 'anything') told += 1
    })

    await pair.standby.kill()
    const began = performance.now()
    const under = assert.rejects(accept('under way'), { ...AWAY, detail: /waits for more than 2 s/ })
    await wait(500)
    const behind = assert.rejects(accept('behind'), { ...AWAY, detail: /waits for more than 2 s/ })
    const asked = performance.now()
    assert.equal(await store.unsettled('topic', null), 1)
    assert.ok(performance.now() - asked < 1_500, `${performance.now() - asked} ms`)
    await under
    await behind
    assert.ok(performance.now() - began < 8_000, `${performance.now() - began} ms`)
    // what is there is shown to nobody
    assert.deepEqual((await store.list()).map(({ incident }) => incident).length, 1)

    await pair.standby.start()
    await eventually('what waits to be told', () => told > 0)
    for (const name of ['under way', 'behind']) {
      await eventually(`${name} to be taken`, () =>
        accept(name).then(
          () => true,
          () => false,
        ),
      )
    }
    assert.equal((await accept('under way')).outcome, 'duplicate')
    assert.equal(await pair.psql(`SELECT count(*) FROM ${schema}.envelope`), '3')
    assert.equal(await pair.psql(`SELECT count(*) FROM ${schema}.delivery`), '3')
    assert.equal(await pair.psql(`SELECT count(*) FROM ${schema}.destination WHERE pending = 3`), '1')
  })

  test('what was claimed while the standby was away, and nobody heard of, is claimed again once it is back', async () => {
    const schema = 'unheard'
    await using store = await openGatewayStore({
      ...{ at: { url: urlOf(pair.ports), schema }, tell: untold, clock: systemClock, patience: 2_500 },
    })
    const accept = (name: string) => store.accept(envelope(systemClock, name, [delivery(name)]))
    await accept('first')
    const claim = () =>
      store.claim({ kind: 'topic', destination: 'incident', limit: 1, now: systemClock.now(), leaseMs: 3_600_000 })
    const [[first] = []] = await claim()
    await accept('second')

    await pair.standby.kill()
    await assert.rejects(claim(), AWAY)
    await pair.standby.start()
    let claimed: string[] = []
    await eventually('it to be claimed', async () => {
      claimed = (await claim().catch(() => [])).flat().map(({ id }) => id)
      return claimed.length > 0
    })
    assert.equal(claimed.length, 1)
    assert.notEqual(claimed[0], first?.id)
    // the other is still who sends it's
    assert.deepEqual(await claim(), [])
    assert.equal(await pair.psql(`SELECT count(*) FROM ${schema}.delivery WHERE state = 1`), '2')
  })

  test('what was claimed without anybody hearing of it, of a Topic that is left to another gateway by then, goes out there', async () => {
    const at = { url: urlOf(pair.ports), schema: 'left_to' }
    await using one = await openGatewayStore({ at, tell: untold, clock: systemClock, patience: 2_500 })
    await using two = await openGatewayStore({ at, tell: untold, clock: systemClock })
    await one.accept(envelope(systemClock, 'first', [delivery('first')]))
    const claim = (store: typeof one) =>
      store.claim({ kind: 'topic', destination: 'incident', limit: 1, now: systemClock.now(), leaseMs: 3_600_000 })

    await pair.standby.kill()
    await assert.rejects(claim(one), AWAY)
    await pair.standby.start()
    await eventually('it to be claimed by the other', async () => (await claim(two).catch(() => [])).length > 0)
    assert.equal(await pair.psql(`SELECT count(*) FROM left_to.delivery WHERE state = 1`), '1')
  })

  test('gateways show that they live, and keep what is theirs, while the standby is away, and no COMMIT of it is below synchronous_commit = on', async () => {
    const schema = 'signs'
    const at = { url: urlOf(pair.ports), schema }
    await using one = await openGatewayStore({ at, tell: untold, clock: systemClock })
    await using two = await openGatewayStore({ at, tell: untold, clock: systemClock })
    const function_ = (
      then: string,
    ) => `CREATE OR REPLACE FUNCTION ${schema}.lasting() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF current_setting('synchronous_commit') IN ('off', 'local', 'remote_write') THEN RAISE EXCEPTION 'is lost'; END IF; ${then} RETURN new; END $$;`
    const trigger = (table: string) =>
      `CREATE TRIGGER lasting BEFORE INSERT OR UPDATE ON ${schema}.${table} FOR EACH ROW EXECUTE FUNCTION ${schema}.lasting();`
    await pair.psql(`${function_('')} ${trigger('instance')} ${trigger('lease')}`)
    assert.deepEqual([await one.lease('topics', 9_000), await two.lease('topics', 9_000)], [true, false])
    await two.enlist('publish', 9_000)
    const silence = async () =>
      Number(await pair.psql(`SELECT max(extract(epoch FROM clock_timestamp() - beat)) FROM ${schema}.instance`))

    await pair.standby.kill()
    const renew = async () => {
      const began = performance.now()
      const kept = [await one.lease('topics', 9_000), await two.lease('topics', 9_000)]
      const { all } = await two.enlist('publish', 9_000)
      assert.deepEqual([kept, all.length], [[true, false], 1])
      return performance.now() - began
    }
    for (let n = 0; n < 6; n += 1) assert.ok((await renew()) < 1_500)
    await wait(3_000)
    assert.ok((await silence()) < 2.9, `${await silence()} s`)
    // as where the server puts something of its own into its log
    const logged = function_(`PERFORM pg_logical_emit_message(true, 'x', '');`)
    await pair.psql(`SET synchronous_commit = local; ${logged}`)
    assert.ok((await renew()) < 9_000)
    await pair.standby.start()
  })

  test('a question that waits for a standby is refused within seconds, as is an answer, and whoever is refused anyway waits no longer', async () => {
    const schema = 'asking'
    await using store = await openGatewayStore({
      ...{ at: { url: urlOf(pair.ports), schema }, tell: untold, clock: systemClock, hurry: 2_000 },
    })
    const ask = (id: string) => store.ask(asked(systemClock, id), [], LIMITS, () => undefined)
    assert.equal((await ask('before')).outcome, 'opened')

    await pair.standby.kill()
    const began = performance.now()
    const late = { ...AWAY, detail: /waits for more than 2 s/ }
    const refused = { at: systemClock.now(), incident: 'x 1', event: 'refused', fields: {} }
    await Promise.all([
      assert.rejects(ask('during'), late),
      assert.rejects(
        store.change('before', () => ({ change: { token: 'token' } })),
        late,
      ),
      assert.rejects(store.record([refused]), late),
    ])
    assert.ok(performance.now() - began < 6_000, `${performance.now() - began} ms`)

    await pair.standby.start()
    await eventually('it to be taken', () =>
      ask('during').then(
        () => true,
        () => false,
      ),
    )
    assert.equal((await ask('during')).outcome, 'known')
    assert.equal(await pair.psql(`SELECT count(*) FROM ${schema}.exchange`), '2')
  })
})

const LIMITS = { open: 10, all: 10, since: 0 }

function asked(clock: Clock, id: string): NewExchange {
  return {
    ...{ id, asker: 'csirt-a', address: null, msgType: 'Query', incident: 'x 1', digest: sha(id), question: '{}' },
    ...{ opened: clock.now(), pendingAt: null, expires: clock.now() + 3_600_000 },
  }
}
