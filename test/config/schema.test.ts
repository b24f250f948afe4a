import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import fastify from 'fastify'
import { configSchema, writtenSchema } from '../../scripts/config-schema.ts'
import { parseSource } from '../../src/config/read.ts'
import { FULL, LEAST } from './example.ts'

test('schemas/config.schema.json is current (node scripts/config-schema.ts writes it)', () => {
  assert.equal(writtenSchema(), configSchema())
})

test('the JSON Schema completes keys and knows the required ones', () => {
  const schema = JSON.parse(configSchema())
  assert.deepEqual(schema.required, ['rid', 'grid', 'store'])
  assert.equal(schema.additionalProperties, false)
  assert.equal(schema.properties.rid.properties.maxMessage.default, '1MiB')
  assert.equal(schema.properties.rid.properties.host.default, '::')
  assert.equal(schema.properties.ops.properties.host.default, '127.0.0.1')
})

/** Keys that exclude one that FULL has, or stand for another. */
const OTHERS: readonly string[] = [
  'peers.identity.fingerprint',
  'grid.auth.external',
  'grid.auth.allowPlain',
  'grid.allowPlain',
  // in its other routes: the first is for reports of peers
  'routes.match.jid',
  'routes.peers',
  'routes.ask',
  'store.postgres',
  'store.schema',
  'store.password',
  'store.tls.ca',
  'store.tls.cert',
  'store.tls.key',
]

test('the example has every key, so that a test that breaks one thing can break any', () => {
  const { source } = parseSource(FULL)
  const missing = keysOf(JSON.parse(configSchema())).filter((path) => !isIn(source?.value, path.split('.')))
  assert.deepEqual(missing, OTHERS)
})

describe('an editor with the JSON Schema', () => {
  const customOptions = { coerceTypes: false, removeAdditional: false, useDefaults: false, strict: false } as const
  const app = fastify({ ajv: { customOptions } })
  app.post('/', { schema: { body: JSON.parse(configSchema()) } }, () => '')
  after(() => app.close())

  /** What it would underline; undefined when it is content. */
  async function underlined(text: string): Promise<string | undefined> {
    const { source, problems } = parseSource(text)
    assert.deepEqual(problems, [])
    const answer = await app.inject({ method: 'POST', url: '/', payload: source?.value as object })
    return answer.statusCode === 200 ? undefined : answer.json().message
  }

  function changed(from: string, to: string): string {
    assert.ok(FULL.includes(from), from)
    return FULL.replace(from, () => to)
  }

  test('is content with whole configurations', async () => {
    assert.equal(await underlined(FULL), undefined)
    assert.equal(await underlined(LEAST), undefined)
  })

  const variable = '"$' + '{NAME}"'
  for (const [from, to] of [
    ['level: info', `level: ${variable}`],
    ['accept: [Report]', `accept: [${variable}, Report]`],
    ['    restrictions: [public, partner]', `    restrictions: [${variable}]`],
    ['region: PeerToPeer', `region: ${variable}`],
    ['traffic: Attack', `traffic: ${variable}`],
    ['payload: xep-0268', `payload: ${variable}`],
    ['access: whitelist', `access: ${variable}`],
    ['type: [Report]', `type: [${variable}]`],
    ['purpose: [reporting]', `purpose: [${variable}]`],
    ['port: 4590', `port: ${variable}`],
    ['create: true', `create: ${variable}`],
    ['{ password: { file: gateway.password } }', `{ password: ${variable} }`],
    ['{ password: { file: gateway.password } }', '{ password: { env: NAME } }'],
    ['{ password: { file: gateway.password } }', '{ external: true }'],
    ['{ password: { file: gateway.password } }', `{ password: ${variable}, external: false }`],
  ] as const) {
    test(`is content with ${to.trim()}`, async () => assert.equal(await underlined(changed(from, to)), undefined))
  }

  for (const [from, to] of [
    ['level: info', 'level: loud'],
    ['accept: [Report]', 'accept: [Reports]'],
    [
      'identity: { dns: csirt-a.example, basic: { user: csirt-a, password: { file: csirt-a.hash } }, anonymous: false }',
      'identity: {}',
    ],
    ['{ password: { file: gateway.password } }', '{}'],
    ['{ password: { file: gateway.password } }', '{ allowPlain: true }'],
    ['{ password: { file: gateway.password } }', '{ external: false }'],
    ['{ password: { file: gateway.password } }', '{ password: { file: x }, external: true }'],
    ['{ password: { file: gateway.password } }', '{ password: hunter2 }'],
    ['{ password: { file: gateway.password } }', '{ password: "" }'],
    ['{ password: { file: gateway.password } }', `{ password: "x$${'{NAME}'}" }`],
  ] as const) {
    test(`underlines ${to}`, async () => assert.notEqual(await underlined(changed(from, to)), undefined))
  }
})

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

/** `grid.topics.name`: each key of the schema that has a value. */
function keysOf(schema: Schema, path = ''): string[] {
  const inner = schema.items?.properties ?? schema.properties
  if (inner === undefined) return [path]
  return Object.entries(inner).flatMap(([key, value]) => keysOf(value, path === '' ? key : `${path}.${key}`))
}

/** Whether the path leads to something; of a list, in its first entry. */
function isIn(value: unknown, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return value !== undefined
  const within = Array.isArray(value) ? value[0] : value
  return isIn((within as Record<string, unknown> | undefined)?.[key], rest)
}
