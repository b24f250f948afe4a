import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { openGatewayStore } from '../../../src/store/postgres/postgres-store.ts'
import { untold } from '../../../src/tell.ts'
import { eventually } from '../../support/eventually.ts'
import { startPostgresPair } from '../../support/postgres-standby.ts'
import { delivery, envelope } from '../support.ts'

test('a standby that is named first is passed by, and used once it is promoted; while there is none, that is said at once', async () => {
  await using pair = await startPostgresPair()
  const hosts = /127[^/]+/.exec(pair.url)?.[0].split(',') ?? []
  const url = `postgres://gw@${hosts.toReversed().join()}/gw`
  await using store = await openGatewayStore({ at: { url, schema: 's' }, tell: untold, clock: systemClock })
  const accept = (name: string) => store.accept(envelope(systemClock, name, [delivery(name)]))
  assert.equal((await accept('A')).outcome, 'accepted')
  assert.equal((await store.list()).length, 1)
  await pair.primary.kill()
  await eventually('it to be said', () =>
    accept('B').then(
      () => assert.fail('there is nobody to take it'),
      ({ message }) => /:\d+: it is a standby.*; .*:\d+: nothing listens there/.test(message),
    ),
  )
  const began = performance.now()
  await assert.rejects(accept('B'), { code: 'store-unavailable' })
  assert.ok(performance.now() - began < 5000, 'whoever asks does not wait for a promotion')
  await pair.promote()
  await eventually(
    'it to be taken',
    () =>
      accept('B').then(
        ({ outcome }) => outcome === 'accepted',
        () => false,
      ),
    {
      ms: 60_000,
    },
  )
  assert.equal((await store.list()).length, 2)
})
