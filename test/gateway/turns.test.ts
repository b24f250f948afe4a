import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createTurns } from '../../src/gateway/turns.ts'
import type { Fleet } from '../../src/store/fleet.ts'
import { createVirtualClock, type VirtualClock } from '../support/clock.ts'

/** What PostgreSQL does with a lease, by the server's clock. */
class Leases {
  held: { readonly owner: string; readonly until: number } | undefined
  /** these have no answer any more */
  readonly cut = new Set<string>()
  readonly #clock: VirtualClock

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  of(owner: string): Pick<Fleet, 'lease' | 'endLease'> {
    return {
      lease: async (_name, ms) => {
        if (this.cut.has(owner)) return new Promise<never>(() => undefined)
        const now = this.#clock.now()
        if (this.held !== undefined && this.held.owner !== owner && this.held.until > now) return false
        this.held = { owner, until: now + ms }
        return true
      },
      endLease: async () => {
        if (this.held?.owner === owner) this.held = undefined
      },
    }
  }
}

function bench() {
  const clock = createVirtualClock()
  const leases = new Leases(clock)
  const told: string[] = []
  const gateway = (name: string) =>
    createTurns({ store: leases.of(name), clock, tell: (...[event]) => void told.push(`${name}: ${event}`) })
  return { clock, leases, told, gateway }
}

/** Whoever follows a Topic, until it is over; `log` has what became of it. */
function follow(turns: ReturnType<typeof createTurns>, log: string[], name: string, until = new AbortController()) {
  void (async () => {
    while (!until.signal.aborted) {
      using turn = await turns.turn('incident', until.signal, () => void log.push(`${name} stands by`))
      if (turn === undefined) return
      log.push(`${name} follows`)
      const over = AbortSignal.any([turn.signal, until.signal])
      await new Promise((resolve) => over.addEventListener('abort', resolve))
      log.push(`${name} stops`)
    }
  })()
  return until
}

describe('the Topics of gateways that share a store', () => {
  test('are followed by who is alone at once, who never stands by, and nothing is told', async () => {
    const { clock, gateway, told } = bench()
    await using one = gateway('one')
    const log: string[] = []
    const until = follow(one, log, 'one')
    await clock.advance(60_000)
    assert.deepEqual([log, told], [['one follows'], []])
    until.abort()
  })

  test('are followed by one of two, and by the other within 15 s once it gives no sign any more', async () => {
    const { clock, gateway, leases, told } = bench()
    await using one = gateway('one')
    await using two = gateway('two')
    const log: string[] = []
    follow(one, log, 'one')
    await clock.advance(100)
    const until = follow(two, log, 'two')
    await clock.advance(60_000)
    assert.deepEqual(log, ['one follows', 'two stands by'])
    leases.cut.add('one')
    await clock.advance(15_000)
    assert.deepEqual(log.slice(2), ['one stops', 'one stands by', 'two follows'])
    assert.ok(told.includes('two: topics-ours'), told.join())
    until.abort()
  })

  test('are left before their lease is over by who cannot renew it, though the store does not answer at all', async () => {
    const { clock, gateway, leases, told } = bench()
    await using one = gateway('one')
    const log: string[] = []
    const until = follow(one, log, 'one')
    await clock.advance(7_000)
    leases.cut.add('one')
    await clock.advance(9_000)
    assert.deepEqual(log, ['one follows', 'one stops', 'one stands by'])
    assert.deepEqual(told, ['one: topics-anothers'])
    until.abort()
  })

  test('are given up by who has no Controller, and by who stops in order', async () => {
    const { clock, gateway, leases } = bench()
    const log: string[] = []
    const one = gateway('one')
    follow(one, log, 'one').abort()
    await clock.advance(10_000)
    assert.equal(leases.held, undefined)
    const until = follow(one, log, 'one')
    await clock.advance(1_000)
    assert.notEqual(leases.held, undefined)
    await one[Symbol.asyncDispose]()
    assert.equal(leases.held, undefined)
    until.abort()
  })

  test('are not given up for a Topic that is looked at again', async () => {
    const { clock, gateway, leases } = bench()
    await using one = gateway('one')
    const log: string[] = []
    for (let n = 0; n < 20; n += 1) {
      const until = follow(one, log, 'one')
      await clock.advance(1_000)
      assert.equal(leases.held?.owner, 'one')
      until.abort()
      await clock.advance(2_000)
      assert.equal(leases.held?.owner, 'one')
    }
  })
})
