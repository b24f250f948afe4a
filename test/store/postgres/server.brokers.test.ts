import assert from 'node:assert/strict'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { GatewayError } from '../../../src/errors.ts'
import type { StoreNews } from '../../../src/store/news.ts'
import { openBeside, openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { MIGRATIONS } from '../../../src/store/postgres/schema.ts'
import { serverNotes } from '../../../src/store/postgres/server-notes.ts'
import { type Tell, untold } from '../../../src/tell.ts'
import { eventually } from '../../support/eventually.ts'
import { type PostgresServer, startPostgres } from '../../support/postgres.ts'
import { delivery, envelope, sha } from '../support.ts'

describe('the server behind a store in PostgreSQL', () => {
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
  })
  after(() => server[Symbol.asyncDispose]())

  const at = (schema: string, url = server.url) => ({ url, schema })
  const open = (schema: string, more: { tell?: Tell<StoreNews>; url?: string; patience?: number } = {}) => {
    const { url, tell = untold, ...rest } = more
    return openGatewayStore({ at: at(schema, url), tell, clock: systemClock, ...rest })
  }
  const message = (name: string) => envelope(systemClock, name, [delivery(name)])

  /** A setting of the whole server, until what is returned is called. */
  async function set(name: string, value: string): Promise<() => Promise<void>> {
    const reload = async (is: string) => {
      await server.psql('SELECT pg_reload_conf()')
      await eventually(`${name} to be ${is}`, async () => (await server.psql(`SHOW ${name}`)) === is)
    }
    const was = await server.psql(`SHOW ${name}`)
    await server.psql(`ALTER SYSTEM SET ${name} = '${value}'`)
    await reload(value)
    return async () => {
      await server.psql(`ALTER SYSTEM RESET ${name}`)
      await reload(was)
    }
  }

  async function codeOf(promise: Promise<unknown>): Promise<string> {
    const error = await promise.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    assert.ok(error instanceof GatewayError, 'it rejects with one of ours')
    return `${error.code}: ${error.detail}`
  }

  test('is refused when it does not force commits to disk', async () => {
    const reset = await set('fsync', 'off')
    assert.match(await codeOf(open('unforced')), /^store-unavailable: .*fsync = on/)
    await reset()
    await using _ = await open('unforced')
  })

  test('commits only what its standby has, whatever its users are set to', async () => {
    await server.psql('ALTER ROLE gw SET synchronous_commit = off')
    await using store = await open('forced', { patience: 2000 })
    assert.match((await serverNotes(at('forced'))).join(), /no synchronous standby/)
    const reset = await set('synchronous_standby_names', 'nobody')
    assert.match((await serverNotes(at('forced'))).join(), /none of the synchronous standbys/)
    assert.match(await codeOf(store.accept(message('A'))), /^store-unavailable: /)
    await reset()
    await eventually('it to be taken', async () => {
      const again = await store.accept(message('A')).catch(() => undefined)
      return again !== undefined
    })
    assert.deepEqual(
      (await store.list()).map(({ item }) => item),
      [sha('A')],
      'once',
    )
    await server.psql('ALTER ROLE gw RESET synchronous_commit')
  })

  test('says what became of a commit whose answer was lost', async () => {
    const cutter = await startCutter(server.port)
    await using store = await open('doubt', { url: server.url.replace(`${server.port}`, `${cutter.port}`) })
    await store.accept(message('before'))
    cutter.cutBehind('COMMIT')
    const accepted = await store.accept(message('A'))
    assert.equal(cutter.cuts(), 1)
    assert.equal(accepted.outcome, 'accepted')
    assert.deepEqual(
      (await store.list()).map(({ item }) => item),
      [sha('before'), sha('A')],
    )
    await store.accept(message('after'))
    cutter.server.close()
  })

  test('may have tables of the next version, and no later one', async () => {
    await (await open('versions'))[Symbol.asyncDispose]()
    const [ours = 0] = (await server.psql('SELECT max(version) FROM versions.migration')).split('\n').map(Number)
    await server.psql(`INSERT INTO versions.migration VALUES (${ours + 1})`)
    const told: unknown[] = []
    await using store = await open('versions', {
      tell: (...one) => {
        if (one[0] === 'store-newer') told.push(one[1])
      },
    })
    assert.deepEqual(told, [{ version: ours + 1, ours }])
    assert.equal((await store.accept(message('A'))).outcome, 'accepted')
    await server.psql(`INSERT INTO versions.migration VALUES (${ours + 2})`)
    assert.match(await codeOf(open('versions')), /^store-corrupt: .*too old/)
  })

  test('has no store for a command to look at before a gateway made one', async () => {
    const beside = openBeside({ at: at('absent'), tell: untold, clock: systemClock })
    assert.match(await codeOf(beside), /^store-unavailable: There is no store in the schema absent/)
    const url = server.url.replace(/\/gw$/, '/nothing')
    assert.match(await codeOf(open('absent', { url })), /^store-unavailable: .*"nothing" does not exist/)
  })

  test('keeps what two gateways make at the same time once', async () => {
    const opened = await Promise.all([open('together'), open('together'), open('together')])
    assert.equal(await server.psql('SELECT count(*) FROM together.migration'), `${MIGRATIONS.length}`)
    assert.equal(await server.psql('SELECT count(*) FROM together.instance'), '3')
    for (const one of opened) await one[Symbol.asyncDispose]()
    assert.equal(await server.psql('SELECT count(*) FROM together.instance'), '0', 'who ends is gone')
  })
})

interface Cutter {
  readonly port: number
  readonly server: Server
  /** The next connection that says this is cut once it has said it, before it is answered. */
  cutBehind(words: string): void
  cuts(): number
}

/** Forwards to the port, until it is told to cut. */
async function startCutter(target: number): Promise<Cutter> {
  let awaited: string | undefined
  let cuts = 0
  const server = createServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    let isCut = false
    client.on('data', (piece) => {
      upstream.write(piece)
      if (awaited === undefined || !piece.includes(awaited)) return
      awaited = undefined
      cuts += 1
      isCut = true
      client.resetAndDestroy()
      // the server has it, and carries it out
      setTimeout(() => upstream.destroy(), 500)
    })
    upstream.on('data', (piece) => {
      if (!isCut) client.write(piece)
    })
    const end = (socket: Socket) => () => void (isCut || socket.destroy())
    client.on('close', end(upstream)).on('error', () => {})
    upstream.on('close', end(client)).on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    ...{ port, server },
    cutBehind(words) {
      awaited = words
    },
    cuts: () => cuts,
  }
}
