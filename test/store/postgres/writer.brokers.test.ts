import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../../../src/clock.ts'
import { openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { Writer } from '../../../src/store/postgres/writer.ts'
import type { Touches } from '../../../src/store/postgres/writer-jobs.ts'
import { untold } from '../../../src/tell.ts'
import { eventually } from '../../support/eventually.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'

describe('what writes to a store in PostgreSQL', () => {
  const schema = 's'
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
    const at = { url: server.url, schema }
    await (await openGatewayStore({ at, tell: untold, clock: systemClock }))[Symbol.asyncDispose]()
  })
  after(() => server[Symbol.asyncDispose]())

  /** `begun`: first thing in each transaction. */
  function writerOf(
    begun: (writer: Writer, touches: readonly Touches[]) => Promise<string>,
    patience = 15_000,
  ): Writer {
    const hooks = {
      begun: (touches: readonly Touches[]) => begun(writer, touches),
      committing: async () => {},
      undone: () => {},
    }
    const writer: Writer = new Writer({ url: server.url, schema }, hooks, { patience, done: () => {} })
    return writer
  }

  test('does what others ask for where what one of them touches cannot be locked', async () => {
    const writer = writerOf(async ({ db }, touches) => {
      const names = touches.flatMap(({ destinations = [] }) => destinations.map(({ destination }) => destination))
      await db.query('SELECT $1::text[]', [names])
      return ''
    })
    const ask = (destination: string) =>
      writer.submit(async () => destination, { destinations: [{ kind: 'jid', destination }] })
    // no text of PostgreSQL has a NUL
    const asked = await Promise.allSettled(['a', 'b\0', 'c'].map(ask))
    assert.deepEqual(
      asked.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.code)),
      ['a', 'internal', 'c'],
    )
    await writer.close()
  })

  test('takes along what came while another gateway was waited for, and does all that waited in one go', async () => {
    const waiting = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const transactions: string[][] = []
    const writer = writerOf(async () => {
      transactions.push([])
      begun.resolve()
      await waiting.promise
      return ''
    })
    const ask = (name: string, destination: string) =>
      writer.submit(async () => void transactions.at(-1)!.push(name), { destinations: [{ kind: 'jid', destination }] })
    const asked = [ask('first', 'a')]
    await begun.promise
    asked.push(
      ask('same', 'a'),
      writer.submit(async () => void transactions.at(-1)!.push('touches nothing')),
    )
    asked.push(ask('other', 'b'), ask('same, behind the other', 'a'))
    // longer than the work of a batch may take
    await sleep(100)
    waiting.resolve()
    await Promise.all(asked)
    assert.deepEqual(transactions, [
      ['first', 'same', 'touches nothing'],
      ['other', 'same, behind the other'],
    ])
    await writer.close()
  })

  test('goes on undisturbed behind a commit that it gave up', async () => {
    const writer = writerOf(async ({ db }, [first]) => {
      if (first?.deliveries === undefined) return ''
      const [row] = await db.query<{ number: string }>('SELECT pg_current_xact_id()::text AS number', [])
      return row!.number
    }, 3000)
    await server.psql(`ALTER SYSTEM SET synchronous_standby_names = 'nobody'`)
    await server.psql('SELECT pg_reload_conf()')
    const names = () => server.psql('SHOW synchronous_standby_names')
    await eventually('a standby to be waited for', async () => (await names()) === 'nobody')
    await assert.rejects(
      writer.submit(() => writer.db.query('UPDATE probe SET at = 1', []), { deliveries: [1] }),
      { code: 'store-unavailable' },
    )
    // who only reads waits for no standby
    for (let n = 0; n < 3; n++) await writer.submit(() => writer.db.query('SELECT pg_sleep(0.7)', []))
    await server.psql('ALTER SYSTEM RESET synchronous_standby_names')
    await server.psql('SELECT pg_reload_conf()')
    await eventually('none to be', async () => (await names()) === '')
    await writer.close()
  })
})
