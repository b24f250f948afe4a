import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createWorld } from '../support/e2e.ts'
import type { Lane } from '../support/faults.ts'
import type { ProofOptions } from './proof.ts'

const NS = 'http://jabber.org/protocol/pubsub#owner'

/** The Controller is away, or takes our password no more; a Topic is gone. */
export async function controllerFaults(kind: ProofOptions['kind']): Promise<Lane> {
  await using opened = new AsyncDisposableStack()
  const world = opened.use(await createWorld(kind))
  const { broker } = world
  const site = await world.site({
    topics: [
      { name: 'incident', create: true },
      { name: 'by-hand', create: false },
    ],
  })
  const hand = await world.user('gateway', undefined, 'hand')
  // what is told to the account is for the gateway (RFC 6121 §8.5.2.1)
  await hand.raw('<presence><priority>-1</priority></presence>')
  const create = () => hand.create('by-hand', { 'pubsub#access_model': 'whitelist', 'pubsub#notify_delete': '1' })
  await create()
  const gateway = opened.use(await site.spawn())
  await site.ready()
  const waits = ['degraded', /waits for the session/] as const
  const all = opened.move()
  return {
    site,
    gateway: () => gateway,
    faults: [
      {
        name: 'a Topic is deleted',
        long: true,
        async make() {
          const deletion = `<pubsub xmlns="${NS}"><delete node="by-hand"/></pubsub>`
          const { kind } = await hand.iq('set', broker.broker, deletion)
          assert.equal(kind, 'result')
        },
        mend: create,
        parts: { 'topic:by-hand': ['failed', /It does not exist, and `create` is false/] },
        alerts: ['TopicFailed topic:by-hand'],
      },
      {
        name: 'the Broker is stopped',
        make: () => broker.stop(),
        mend: () => broker.start(),
        parts: {
          grid: ['failed', /cannot be reached.*Reports are taken, and wait/],
          'topic:incident': waits,
          'topic:by-hand': waits,
        },
        alerts: ['GridAway grid'],
      },
      {
        name: 'the Broker says nothing any more',
        // two pings go by until it is given up: 30 s
        within: 60_000,
        long: true,
        make: async () => broker.pause(),
        mend: async () => broker.resume(),
        parts: { grid: ['failed', /Reports are taken, and wait/], 'topic:incident': waits, 'topic:by-hand': waits },
        alerts: ['GridAway grid'],
      },
      {
        name: 'the password is wrong',
        async make() {
          await broker.changePassword('gateway', 'another')
          await broker.restart()
        },
        async mend() {
          await writeFile(join(site.dir, 'gateway.password'), 'another\n', { mode: 0o600 })
          gateway.signal('SIGHUP')
        },
        parts: { grid: ['failed', /refused the login/], 'topic:incident': waits, 'topic:by-hand': waits },
        alerts: ['GridAway grid'],
      },
    ],
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}
