import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { GatewayError } from '../../../src/errors.ts'
import type { Session } from '../../../src/grid/xmpp/session.ts'
import { BACKOFF, jitter, supervise } from '../../../src/grid/xmpp/supervise.ts'
import { untold } from '../../../src/tell.ts'
import type { GridState } from '../../../src/vocabulary.ts'
import { createVirtualClock } from '../../support/clock.ts'

/** A session that ends when it is told to. */
function fakeSession() {
  const closed = Promise.withResolvers<GatewayError>()
  const end = (code: 'grid-away' = 'grid-away') => closed.resolve(new GatewayError(code))
  const session: Session = {
    address: { bare: 'a@b', full: 'a@b/c', domain: 'b' },
    request: async () => ({ kind: 'away' }),
    ping: async () => ({ kind: 'away' }),
    flight: { rate: undefined, isKnown: false, beware: () => undefined },
    longestStanza: undefined,
    security: { tls: 'TLSv1.3', mechanism: 'SCRAM-SHA-256' },
    closed: closed.promise,
    close: async () => end(),
    destroy: (reason) => closed.resolve(reason),
  }
  return { session, end }
}

function setUp(connect: (attempt: number) => Promise<Session>, worked = () => false, hurry?: () => AbortSignal) {
  const clock = createVirtualClock()
  const attempts: number[] = []
  const states: GridState[] = []
  const stop = new AbortController()
  const done = supervise({
    connect: () => {
      attempts.push(clock.now())
      return connect(attempts.length)
    },
    run: async (session) => {
      await session.closed
    },
    worked,
    addresses: async () => ['xmpp://grid.example:5222'],
    state: (state) => states.push(state),
    clock,
    tell: untold,
    signal: stop.signal,
    ...(hurry && { hurry }),
  })
  return { clock, attempts, states, stop, done }
}

const pauses = (attempts: readonly number[]) => attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0))

describe('supervision', () => {
  test('tries for ever, at growing intervals between one and ten seconds', async () => {
    const { clock, attempts, stop, done } = setUp(async () => {
      throw new GatewayError('grid-away')
    })
    await clock.advance(3_600_000)
    const between = pauses(attempts)
    assert.ok(between.length > 360, `${between.length}`)
    assert.ok(between.every((ms) => ms >= BACKOFF.min && ms <= BACKOFF.max))
    assert.ok(Math.max(...between.slice(0, 2)) <= 4_000)
    assert.ok(Math.max(...between.slice(8)) > 8_000)
    // jitter: gateways that lost the same Controller do not come back in step
    assert.ok(new Set(between.slice(8)).size > between.length / 2)
    stop.abort()
    await done
  })

  test('tries a login that was refused at once when it is told to hurry, and then as before', async () => {
    const hurry = new AbortController()
    let signal = hurry.signal
    const { clock, attempts, stop, done } = setUp(
      async () => {
        throw new GatewayError('grid-auth')
      },
      undefined,
      () => signal,
    )
    await clock.advance(10_000)
    assert.equal(attempts.length, 1)
    hurry.abort()
    signal = new AbortController().signal
    await clock.advance(10)
    assert.equal(attempts.length, 2)
    await clock.advance(BACKOFF.refused - 1_000)
    assert.equal(attempts.length, 2)
    stop.abort()
    await done
  })

  test('does not hammer a Controller that refuses the login', async () => {
    const { clock, attempts, states, stop, done } = setUp(async () => {
      throw new GatewayError('grid-auth')
    })
    await clock.advance(BACKOFF.refused * 3 + 1_000)
    assert.deepEqual(pauses(attempts), [BACKOFF.refused, BACKOFF.refused, BACKOFF.refused])
    assert.equal(states.at(-1), 'refused')
    stop.abort()
    await done
  })

  test('begins with short pauses again after a session that lasted, not after one that flaps', async () => {
    const sessions: ReturnType<typeof fakeSession>[] = []
    const { clock, attempts, stop, done } = setUp(async () => {
      const made = fakeSession()
      sessions.push(made)
      return made.session
    })
    await clock.settle()
    for (let i = 0; i < 12; i += 1) {
      sessions.at(-1)?.end()
      await clock.advance(BACKOFF.max)
    }
    assert.ok(Math.max(...pauses(attempts).slice(6)) > 10_000, 'flapping backs off')
    await clock.advance(BACKOFF.stable)
    const count = attempts.length
    sessions.at(-1)?.end()
    await clock.advance(BACKOFF.min)
    assert.equal(attempts.length, count + 1)
    stop.abort()
    await done
  })

  test('an untrusted Controller shows as refused and is tried like one that is away', async () => {
    const { clock, attempts, states, stop, done } = setUp(async () => {
      throw new GatewayError('grid-tls')
    })
    await clock.advance(120_000)
    assert.ok(attempts.length > 2)
    assert.equal(
      states.filter((state) => state !== 'connecting').every((state) => state === 'refused'),
      true,
    )
    stop.abort()
    await done
  })

  test('what its work throws ends the session, not the supervision', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    let runs = 0
    const done = supervise({
      connect: async () => fakeSession().session,
      run: async () => {
        runs += 1
        throw new Error('a bug')
      },
      worked: () => false,
      addresses: async () => ['xmpp://grid.example:5222'],
      state: () => {},
      clock,
      tell: untold,
      signal: stop.signal,
    })
    await clock.advance(60_000)
    assert.ok(runs > 1)
    stop.abort()
    await done
  })

  test('closes the session when it is told to end', async () => {
    const { clock, states, stop, done } = setUp(async () => fakeSession().session)
    await clock.settle()
    assert.equal(states.at(-1), 'up')
    stop.abort()
    await done
    assert.equal(states.at(-1), 'down')
  })

  test('jitter stays between its bounds', () => {
    for (const random of [0, 0.5, 0.999999]) {
      for (const failures of [-1, 0, 1, 5, 1_000]) {
        const ms = jitter({ random: () => random }, BACKOFF, failures)
        assert.ok(ms >= BACKOFF.min && ms <= BACKOFF.max)
      }
    }
  })
})
