import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ErrorCode, GatewayError } from '../../../src/errors.ts'
import type { Session } from '../../../src/grid/xmpp/session.ts'
import { BACKOFF, supervise } from '../../../src/grid/xmpp/supervise.ts'
import { untold } from '../../../src/tell.ts'
import type { GridState } from '../../../src/vocabulary.ts'
import { createVirtualClock } from '../../support/clock.ts'

/** What an address does: it fails with that code, or has a session that ends when it is told to. */
type Does = ErrorCode | 'session' | { readonly elsewhere: string }

function setUp(does: Record<string, Does>, addresses = async () => Object.keys(does)) {
  const clock = createVirtualClock()
  const attempts: { readonly at: number; readonly service: string; readonly others: boolean }[] = []
  const states: GridState[] = []
  const stop = new AbortController()
  let end = (_code: ErrorCode = 'grid-away') => {}
  const world = { worked: false, hurry: new AbortController() }
  const done = supervise({
    async connect(_signal, service, others) {
      attempts.push({ at: clock.now(), service, others })
      const what = does[service] ?? 'grid-away'
      if (typeof what === 'object')
        throw new GatewayError('grid-away', 'see-other-host', { fields: { elsewhere: what.elsewhere } })
      if (what !== 'session') throw new GatewayError(what)
      const closed = Promise.withResolvers<GatewayError>()
      end = (code = 'grid-away') => closed.resolve(new GatewayError(code))
      return {
        address: { bare: 'a@b', full: 'a@b/c', domain: 'b' },
        security: { tls: 'TLSv1.3', mechanism: 'SCRAM-SHA-256' },
        closed: closed.promise,
        close: async () => end(),
        destroy: (reason: GatewayError) => closed.resolve(reason),
      } as unknown as Session
    },
    run: async (session) => void (await session.closed),
    worked: () => world.worked,
    addresses,
    hurry: () => world.hurry.signal,
    state: (state) => states.push(state),
    clock,
    tell: untold,
    signal: stop.signal,
  })
  const tried = () => attempts.map(({ service }) => service)
  return {
    ...{ clock, attempts, tried, states, world, does },
    end: (code?: ErrorCode) => end(code),
    async [Symbol.asyncDispose]() {
      stop.abort()
      await done
    },
  }
}

const [A, B, C] = ['xmpp://a.example:5222', 'xmpp://b.example:5222', 'xmpp://c.example:5222']

describe('a Controller at several addresses', () => {
  test('is tried at each, at once, and then after a pause', async () => {
    await using link = setUp({ [A]: 'grid-away', [B]: 'grid-tls', [C]: 'grid-timeout' })
    await link.clock.settle()
    assert.deepEqual(link.tried(), [A, B, C])
    assert.deepEqual(
      link.attempts.map(({ others }) => others),
      [true, true, false],
    )
    assert.ok(!link.states.slice(0, -1).includes('down'), 'it is not said to be away before each was tried')
    assert.equal(link.states.at(-1), 'down')
    await link.clock.advance(BACKOFF.max)
    assert.deepEqual(link.tried().slice(0, 6), [A, B, C, A, B, C])
    assert.ok((link.attempts[3]?.at ?? 0) - (link.attempts[2]?.at ?? 0) >= BACKOFF.min)
  })

  test('that dies under a session is left for another at once', async () => {
    await using link = setUp({ [A]: 'session', [B]: 'session' })
    await link.clock.settle()
    link.world.worked = true
    link.end()
    await link.clock.settle()
    assert.deepEqual(link.tried(), [A, B])
    assert.equal(link.attempts[1]?.at, link.attempts[0]?.at)
    assert.equal(link.states.at(-1), 'up')
    // and back again, where that is the one that is left
    link.end()
    await link.clock.settle()
    assert.deepEqual(link.tried(), [A, B, A])
  })

  test('whose sessions all end at once is not hammered', async () => {
    await using link = setUp({ [A]: 'session', [B]: 'session' })
    for (let i = 0; i < 20; i += 1) {
      await link.clock.advance(1)
      link.end()
    }
    await link.clock.settle()
    assert.deepEqual(link.tried(), [A, B])
  })

  test('whose sessions publish something and all end at once is not gone round in a circle without a pause', async () => {
    await using link = setUp({ [A]: 'session', [B]: 'session' })
    link.world.worked = true
    for (let i = 0; i < 40; i += 1) {
      await link.clock.settle()
      link.end()
    }
    await link.clock.settle()
    assert.ok(link.attempts.length < 10, `${link.attempts.length} logins at one moment`)
    await link.clock.advance(BACKOFF.max)
    assert.equal(link.states.at(-1), 'up')
  })

  test('that refuses the login at one is tried at the other, and there alone until five minutes are over', async () => {
    await using link = setUp({ [A]: 'grid-auth', [B]: 'grid-away' })
    await link.clock.advance(BACKOFF.refused - 1_000)
    assert.deepEqual(link.tried().slice(0, 2), [A, B])
    assert.ok(link.tried().length > 4)
    assert.ok(!link.tried().slice(1).includes(A))
    await link.clock.advance(60_000)
    assert.ok(link.tried().slice(1).includes(A))
  })

  test('that refuses the login at all is tried after five minutes, or when it is told to hurry', async () => {
    await using link = setUp({ [A]: 'grid-auth', [B]: 'grid-auth' })
    await link.clock.advance(BACKOFF.refused - 1_000)
    assert.deepEqual(link.tried(), [A, B])
    assert.equal(link.states.at(-1), 'refused')
    const { hurry } = link.world
    link.world.hurry = new AbortController()
    hurry.abort()
    await link.clock.settle()
    assert.deepEqual(link.tried(), [A, B, A, B])
  })

  test('is left alone everywhere while somebody else has our address', async () => {
    await using link = setUp({ [A]: 'grid-conflict', [B]: 'session' })
    await link.clock.advance(BACKOFF.refused - 1_000)
    assert.deepEqual(link.tried(), [A])
  })

  test('that sends us elsewhere is followed, and where that fails the next address has its turn', async () => {
    await using link = setUp({ [A]: { elsewhere: 'gone.example' }, [B]: 'session' })
    await link.clock.settle()
    assert.deepEqual(link.tried(), [A, 'xmpp://gone.example:5222', B])
    assert.equal(link.attempts[2]?.at, link.attempts[0]?.at)
  })

  test('that DNS does not name is looked for again after a pause', async () => {
    let asked = 0
    const addresses = async () => {
      asked += 1
      if (asked < 3) throw new GatewayError('grid-away', 'no answer')
      return [A]
    }
    await using link = setUp({ [A]: 'session' }, addresses)
    await link.clock.settle()
    assert.equal(asked, 1)
    assert.equal(link.states.at(-1), 'down')
    await link.clock.advance(BACKOFF.max)
    assert.deepEqual(link.tried(), [A])
    assert.equal(asked, 3)
  })
})
