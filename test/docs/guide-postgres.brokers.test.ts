import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { openGatewayStore } from '../../src/store/postgres/postgres-store.ts'
import { untold } from '../../src/tell.ts'
import { startPostgres } from '../support/postgres.ts'
import { blocks, page } from './markdown.ts'

const BIN = '/usr/lib/postgresql/15/bin/'

test('the database that the guide has made is one for a gateway, by the user that it has made', async () => {
  const lines = blocks(page('docs/guide.md'))
    .flatMap(({ body }) => body.split('\n'))
    .filter((line) => /^create(user|db) /.test(line))
  assert.equal(lines.length, 2)
  await using server = await startPostgres()
  const env = { ...process.env, PGHOST: '127.0.0.1', PGPORT: `${server.port}`, PGUSER: 'gw' }
  for (const line of lines) {
    const [program = '', ...args] = line.split(' ')
    const path = existsSync(`${BIN}${program}`) ? `${BIN}${program}` : program
    // without a terminal it reads the password, twice
    const { status, stderr } = spawnSync(path, args, {
      env,
      input: 'secret\nsecret\n',
      encoding: 'utf8',
      timeout: 60_000,
    })
    assert.equal(status, 0, `${line}: ${stderr}`)
  }
  const at = { url: `postgres://gateway@127.0.0.1:${server.port}/iodef`, schema: 'iodef_gateway' }
  await using store = await openGatewayStore({ at, tell: untold, clock: systemClock })
  await store.probe()
})
