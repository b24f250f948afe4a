import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { openForGateway } from '../../src/store/open-store.ts'
import { untold } from '../../src/tell.ts'
import { LEAST } from '../config/example.ts'
import { blocks, page } from '../docs/markdown.ts'
import { delivery, envelope } from '../store/support.ts'
import { type PostgresServer, startPostgres } from '../support/postgres.ts'
import { iodefGateway } from './capture.ts'

describe('store copy', () => {
  const dir = mkdtempSync(join(tmpdir(), 'store-copy-'))
  const at = (name: string) => join(dir, name)
  const options = { tell: untold, clock: systemClock, lost: () => {} }
  let server: PostgresServer
  before(async () => {
    server = await startPostgres()
    const login = LEAST.replace('file: password', 'env: NOT_SET')
    const store = `store: { postgres: "${server.url}" }`
    writeFileSync(at('sqlite.yaml'), login)
    writeFileSync(
      at('postgres.yaml'),
      login.replace('store: { path: gateway.db }', () => store),
    )
  })
  after(async () => {
    rmSync(dir, { recursive: true })
    await server[Symbol.asyncDispose]()
  })
  /** The guide's line, but for its last word. */
  const written = (n: number) => {
    const lines = blocks(page('docs/guide.md')).flatMap(({ body }) => body.split('\n'))
    return (lines.filter((one) => one.startsWith('iodef-gateway store copy '))[n] ?? '').split(' ').slice(2, -1)
  }
  const command = (config: string, ...args: string[]) => iodefGateway(['store', ...args, '--config', at(config)])

  test('does what the guide says, once no gateway runs on what is copied', async () => {
    const gateway = await openForGateway({ path: at('gateway.db') }, options)
    await gateway.accept(envelope(systemClock, 'one', [delivery('A')]))
    const args = written(0)
    assert.deepEqual(args, ['copy', '--from'])
    const running = await command('postgres.yaml', ...args, at('gateway.db'))
    assert.equal(running.code, 3)
    assert.match(running.err, /Another gateway is running on this store/)
    await gateway[Symbol.asyncDispose]()
    const { code, out, err } = await command('postgres.yaml', ...args, at('gateway.db'))
    assert.equal(code, 0, err)
    assert.match(out, /gateway\.db: \d+ rows copied to postgres:\/\/.*, schema iodef_gateway, and read again\n$/)
    const listed = await iodefGateway(['queue', 'list', '--json', '--config', at('postgres.yaml')])
    assert.deepEqual(
      (JSON.parse(listed.out) as { state: string }[]).map(({ state }) => state),
      ['pending'],
    )
    assert.match((await command('postgres.yaml', ...args, at('gateway.db'))).err, /holds a store already/)
  })

  test('goes back as the guide says, once no gateway runs on what is copied', async () => {
    const at = { path: 'none', postgres: { url: server.url, schema: 'iodef_gateway' } }
    const gateway = await openForGateway(at, options)
    await gateway.accept(envelope(systemClock, 'two', [delivery('B')]))
    const args = written(1)
    assert.deepEqual(args, ['copy', '--to'])
    const running = await command('postgres.yaml', ...args, `${dir}/back.db`)
    assert.equal(running.code, 3)
    assert.match(running.err, /A gateway is at work on this store, process \d+ of /)
    await gateway[Symbol.asyncDispose]()
    const { code, out, err } = await command('postgres.yaml', ...args, `${dir}/back.db`)
    assert.equal(code, 0, err)
    assert.match(out, /^postgres:\/\/.*, schema iodef_gateway: \d+ rows copied to .*back\.db, and read again\n$/)
    const explicit = await command('sqlite.yaml', 'copy', '--from', server.url, '--to', `${dir}/other.db`)
    assert.equal(explicit.code, 0, explicit.err)
    for (const name of ['back.db', 'other.db']) {
      writeFileSync(`${dir}/${name}.yaml`, LEAST.replace('file: password', 'env: NOT_SET').replace('gateway.db', name))
      const listed = await iodefGateway(['queue', 'list', '--json', '--config', `${dir}/${name}.yaml`])
      assert.equal((JSON.parse(listed.out) as unknown[]).length, 2)
    }
  })

  test('says what is missing, and what PostgreSQL has tools of its own for', async () => {
    assert.match(
      (await command('sqlite.yaml', 'copy', '--from', at('gateway.db'))).err,
      /from SQLite to PostgreSQL, or/,
    )
    assert.match((await command('postgres.yaml', 'copy')).err, /--from STORE, or --to STORE, is missing/)
    const secret = await command('sqlite.yaml', 'copy', '--from', 'postgres://gw:hidden@127.0.0.1/gw')
    assert.match(secret.err, /without a password/)
    assert.doesNotMatch(secret.err, /hidden/)
    assert.match((await command('sqlite.yaml', 'check', '--from', 'x')).err, /--from is for "store copy"/)
    const own = await command('postgres.yaml', 'backup', at('copy'))
    assert.equal(own.code, 2)
    assert.match(own.err, /pg_dump/)
    assert.equal((await command('postgres.yaml', 'copy', '--from', at('nothing.db'))).code, 3)
  })
})
