import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Config } from '../../src/config/types.ts'
import { createLiveConfig } from '../../src/gateway/live-config.ts'
import { createReload } from '../../src/gateway/reload.ts'
import { createPki } from '../support/pki.ts'

test('a bug while a configuration is put in force is not told as a refusal: half of it is in force then', async () => {
  await using pki = await createPki()
  const ca = await pki.ca()
  const { cert, key } = await ca.issue({ cn: 'gateway.example', dns: ['gateway.example'] })
  const config = {
    rid: { tls: { cert, key, ca: ca.cert } },
    peers: [],
    routes: [],
    grid: { topics: [], participants: [] },
    ops: {},
    log: { level: 'info', levels: {} },
  } as unknown as Config
  const told: string[] = []
  const nothing = () => undefined
  const reload = createReload({
    live: createLiveConfig(config),
    source: undefined,
    log: { level: 'info' },
    events: { tell: (...[event]) => void told.push(event) },
    senders: { take: nothing },
    listener: { take: nothing },
    grid: {
      take() {
        throw new Error('a bug')
      },
    },
    delivery: { use: nothing },
    destinations: () => [],
    figures: nothing,
    dates: nothing,
  })
  assert.throws(reload, /^Error: a bug$/)
  assert.deepEqual(told, [])
})
