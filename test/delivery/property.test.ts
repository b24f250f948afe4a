import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { SinkOutcome } from '../../src/delivery/sink.ts'
import { createBench, MEMORY } from '../store/support.ts'
import { runs } from '../support/arbitraries.ts'
import { BUSY, createRig, DAY, DELIVERED, DOWN, HELD } from './support.ts'

/** What a destination does, one after the other, before it takes everything. */
type Act = 'take' | 'busy' | 'down' | 'throw' | 'wait' | 'silence' | 'hold'
const act = fc.constantFrom<Act>('take', 'busy', 'down', 'throw', 'wait', 'silence', 'hold')

const plan = fc.record({
  acts: fc.array(act, { maxLength: 40, size: 'max' }),
  messages: fc.array(fc.record({ incident: fc.nat(3), pause: fc.constantFrom(0, 0, 10, 5000) }), {
    minLength: 1,
    maxLength: 15,
    size: 'max',
  }),
  restarts: fc.array(fc.integer({ min: 1, max: 20_000 }), { maxLength: 3 }),
})

test('whatever a destination does, in the end all is delivered once and in order, or held', () =>
  fc.assert(
    fc.asyncProperty(plan, async ({ acts, messages, restarts }) => {
      await using bench = await createBench(MEMORY)
      const { clock } = bench
      const script = [...acts]
      const taken: string[] = []
      const again: string[] = []
      const kept = { ...bench, [Symbol.asyncDispose]: async () => {} }

      async function answer(what: string, signal: AbortSignal): Promise<SinkOutcome> {
        if (taken.includes(what)) again.push(what)
        switch (script.shift() ?? 'take') {
          case 'take':
            break
          case 'busy':
            return { kind: 'retry', reason: 'HTTP 503', retryAfter: 700, destinationDown: false }
          case 'down':
            return DOWN
          case 'throw':
            throw new Error('unexpected')
          case 'hold':
            return HELD
          case 'silence':
            await clock.sleep(30_000, signal)
            return DOWN
          case 'wait':
            await clock.sleep(300, signal)
            if (signal.aborted) return BUSY
        }
        taken.push(what)
        return DELIVERED
      }

      const start = async () => {
        const rig = await createRig({ bench: kept, maxAge: 30 * DAY })
        rig.to('csirt-a').answer = answer
        rig.engine.start()
        return rig
      }

      let rig = await start()
      for (const [n, { incident, pause }] of messages.entries()) {
        await rig.take(`${incident}:${n}`, 'csirt-a', { incident: `x ${incident}` })
        await clock.advance(pause)
      }
      for (const after of restarts) {
        await clock.advance(after)
        const draining = rig.engine.drain(100)
        await clock.advance(20_000)
        await draining
        rig = await start()
      }
      const isOpen = async () => (await rig.all()).some((one) => one.state === 'pending' || one.state === 'sending')
      for (let minute = 0; minute < 600 && (await isOpen()); minute++) await clock.advance(60_000)

      const all = await rig.all()
      assert.deepEqual(again, [], 'nothing is sent again after it was taken')
      assert.equal(all.length, messages.length)
      assert.deepEqual(
        all
          .filter((one) => one.state === 'delivered')
          .map((one) => one.payload)
          .toSorted(),
        taken.toSorted(),
      )
      assert.ok(all.every((one) => one.state === 'delivered' || (one.state === 'held' && one.reason === 'HTTP 400')))
      for (const incident of ['0', '1', '2', '3']) {
        const numbers = taken.filter((what) => what.startsWith(incident)).map((what) => Number(what.split(':')[1]))
        assert.deepEqual(
          numbers,
          numbers.toSorted((a, b) => a - b),
        )
      }
      const stopping = rig.engine.drain(0)
      await clock.advance(1000)
      await stopping
    }),
    runs(30, 11),
  ))
