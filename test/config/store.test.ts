import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { buildConfig } from '../../src/config/config.ts'
import { parseSource } from '../../src/config/read.ts'
import { FULL } from './example.ts'

function build(store: string, env: Record<string, string> = {}) {
  const { source } = parseSource(FULL.replace('store: { path: ./data/gateway.db }', () => `store: ${store}`))
  const { config, problems } = buildConfig(source!, '/etc/gateway', { GATEWAY_PASSWORD: 'x', ...env })
  const told = problems.filter(({ path }) => path.startsWith('store')).map(({ path, message }) => `${path} ${message}`)
  return { store: config?.store, told }
}

const URL = 'postgres://gateway@db.example/iodef'

describe('store', () => {
  test('may be in PostgreSQL, with TLS to whatever is not this machine', () => {
    const remote = build(`{ postgres: "${URL}" }`)
    assert.deepEqual(remote.told, [])
    assert.deepEqual(remote.store?.postgres, { url: URL, schema: 'iodef_gateway', tls: {} })
    const local = build('{ postgres: "postgresql://gateway@localhost:5433,127.0.0.1/iodef", schema: two }')
    const url = 'postgres://gateway@localhost:5433,127.0.0.1/iodef'
    assert.deepEqual(local.store?.postgres, { url, schema: 'two' })
    const mixed = build('{ postgres: "postgres://gateway@localhost,db.example/iodef", tls: { ca: ca.pem } }')
    assert.deepEqual(mixed.store?.postgres?.tls, { ca: '/etc/gateway/ca.pem' })
    const shown = build(`{ postgres: "${URL}", tls: { cert: c.pem, key: k.pem } }`)
    assert.deepEqual(shown.store?.postgres?.tls, { cert: '/etc/gateway/c.pem', key: '/etc/gateway/k.pem' })
    assert.match(
      build(`{ postgres: "${URL}", tls: { cert: c.pem } }`).told.join(),
      /needs both of cert and key, or none/,
    )
  })

  test('has its password from a file or the environment, and never in the URL', () => {
    const { store } = build(`{ postgres: "${URL}", password: { env: DB } }`, { DB: 'secret' })
    assert.equal(store?.postgres?.readPassword?.(), 'secret')
    assert.match(build(`{ postgres: "${URL}", password: { env: DB } }`).told.join(), /DB is not set/)
    assert.match(build('{ postgres: "postgres://gateway:secret@db.example/iodef" }').told.join(), /without a password/)
    assert.match(build(`{ postgres: "${URL}", password: secret }`).told.join(), /is written literally/)
  })

  test('is refused where it says neither what nor which, or what would get around TLS', () => {
    assert.match(build('{ schema: x }').told.join(), /needs path or postgres/)
    assert.match(build(`{ postgres: "${URL}?sslmode=disable" }`).told.join(), /without .*parameters/)
    assert.match(build(`{ postgres: "${URL}", schema: 'a"b' }`).told.join(), /small letters/)
  })
})
