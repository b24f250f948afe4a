import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { xml } from '@xmpp/client'
import { LiveQueue } from '../../../src/grid/pubsub/live-queue.ts'
import { DISCO_ITEMS, PUBSUB } from '../../../src/grid/pubsub/protocol.ts'
import { Past } from '../../../src/grid/pubsub/retained.ts'
import type { IqAnswer } from '../../../src/grid/xmpp/iq.ts'
import { keepPayload } from '../../../src/grid/xmpp/payload.ts'
import type { Session } from '../../../src/grid/xmpp/session.ts'
import { LogLines, Recorder } from '../../support/recorder.ts'

const ids = (count: number) => Array.from({ length: count }, (_, n) => `i${n}`)
const gone: IqAnswer = {
  kind: 'error',
  error: { type: 'cancel', condition: 'feature-not-implemented', application: undefined, text: undefined },
}

function payload() {
  const element = xml('a', { xmlns: 'urn:x' })
  keepPayload(element, '<a xmlns="urn:x"/>')
  return element
}

/** A Topic whose Broker retains these items, oldest first, and what was taken of it. */
function topic(retained: readonly string[] | IqAnswer, seen: readonly string[] = [], last?: string) {
  const recorder = new Recorder()
  for (const id of seen) recorder.seen.add(id)
  if (last !== undefined) recorder.last = { itemId: last, at: 1 }
  const log = new LogLines(recorder)
  const past = new Past({ topic: 'incident', fromNow: () => false, handlers: recorder, tell: log.tell })
  let now = retained
  const session = {
    async request({ payload: asked }: { payload: string }): Promise<IqAnswer> {
      if (!Array.isArray(now)) return now as IqAnswer
      const newest = /max_items="(\d+)"/.exec(asked)?.[1]
      const list = newest === undefined ? now : now.slice(-Number(newest))
      const answer = asked.includes(DISCO_ITEMS)
        ? xml('query', { xmlns: DISCO_ITEMS }, ...list.map((name: string) => xml('item', { name, jid: 'x' })))
        : xml(
            'pubsub',
            { xmlns: PUBSUB },
            xml('items', {}, ...list.map((id: string) => xml('item', { id }, payload()))),
          )
      return { kind: 'result', stanza: xml('iq', { type: 'result' }, answer) }
    },
  } as unknown as Session
  const from = past.of(session, new AbortController().signal, { broker: 'pubsub.example', node: 'incident' })
  const becomes = (next: readonly string[]) => {
    now = next
  }
  return { past, from, recorder, log, becomes }
}

test('what arrives live while what is kept is passed over is left to be read, and too much of it begins anew', async () => {
  const { from, recorder, log } = topic(['a', 'b', 'c'])
  const passes: string[][] = []
  const handlers = Object.assign(recorder, {
    past: {
      isDue: async () => true,
      mark: (payload: string) => payload,
      pass: async (_topic: string, marks: readonly (readonly [string, string])[]) => {
        passes.push(marks.map(([id]) => id))
      },
    },
  })
  const past = new Past({ topic: 'incident', fromNow: () => true, handlers, tell: log.tell })
  const live = new LiveQueue(1_000)
  const item = { id: 'b', xml: '<a/>', publisher: undefined, malformed: false }
  live.push({ kind: 'item', item })
  await past.passOver(from, live, false)
  assert.deepEqual(passes, [['a', 'c']])
  live.push({ kind: 'item', item: { ...item, xml: 'x'.repeat(2_000) } })
  await assert.rejects(past.passOver(from, live, true), /Too much came/)
  assert.equal(passes.length, 1)
})

describe('what of a Topic must be read', () => {
  test('is all of a short list, since an item may come anew under its old id', async () => {
    const { past, from } = topic(['a', 'b', 'c'], ['a', 'b', 'c'], 'c')
    assert.deepEqual(await past.unread(from), ['a', 'b', 'c'])
  })

  test('is of a long list what lies behind the cursor, or was not seen', async () => {
    const all = ids(1_001)
    const { past, from } = topic(
      all,
      all.slice(0, -1).filter((id) => id !== 'i5'),
      'i998',
    )
    assert.deepEqual(await past.unread(from), ['i5', 'i999', 'i1000'])
  })

  test('is not what cannot be taken', async () => {
    const { past, from, recorder, log } = topic(['a', 'b'])
    past.remember('a')
    past.remember('')
    assert.deepEqual(await past.unread(from), ['b'])
    from.oversized('b')
    assert.deepEqual(await past.unread(from), [])
    assert.deepEqual(recorder.drops, [{ reason: 'oversized', from: 'pubsub.example' }])
    assert.ok(
      log.lines.some(({ level, text }) => level === 'error' && /too long/.test(text)),
      JSON.stringify(log.lines),
    )
  })

  test('is nothing where the Broker shows nothing, and that is said', async () => {
    const { past, from, log } = topic(gone)
    assert.deepEqual(await past.unread(from), [])
    assert.deepEqual(
      log.lines.map(({ level, text }) => `${level} ${text}`),
      ['warn Retained items cannot be read.'],
    )
  })

  test('is asked for again where the Broker was only away', async () => {
    const { past, from } = topic({ kind: 'away' })
    await assert.rejects(past.unread(from))
    await assert.rejects(past.look(from))
  })
})

describe('a gap', () => {
  test('is told once where neither the last seen nor anything before the oldest is retained', async () => {
    const { past, from, recorder } = topic(['c', 'd'], [], 'a')
    await past.unread(from)
    await past.unread(from)
    assert.deepEqual(recorder.gaps, [{ topic: 'incident', after: 'a', before: 'c', retained: 2 }])
  })

  test('is told of a Topic that was emptied', async () => {
    const { past, from, recorder } = topic([], [], 'a')
    await past.unread(from)
    assert.deepEqual(recorder.gaps, [{ topic: 'incident', after: 'a', before: null, retained: 0 }])
  })

  test('is told where the Broker shows nothing of what was there', async () => {
    const error = { type: 'auth', condition: 'forbidden', application: undefined, text: undefined }
    const { past, from, recorder } = topic({ kind: 'error', error }, [], 'a')
    await past.unread(from)
    assert.deepEqual(recorder.gaps, [{ topic: 'incident', after: 'a', before: null, retained: 0 }])
  })

  test('is not told of a Broker that never keeps anything', async () => {
    const { past, from, recorder } = topic(gone, [], 'a')
    await past.unread(from)
    assert.deepEqual(recorder.gaps, [])
  })

  test('is none where the last seen is there, the oldest was seen, or nothing was seen ever', async () => {
    for (const { past, from, recorder } of [
      topic(['a', 'b'], ['a'], 'a'),
      topic(['c', 'd'], ['c'], 'a'),
      topic(['c', 'd']),
    ]) {
      await past.unread(from)
      assert.deepEqual(recorder.gaps, [])
    }
  })

  test('is not hidden by an item that can never be taken', async () => {
    const { past, from, recorder } = topic(['flawed', 'd'], ['d'], 'a')
    past.remember('flawed')
    await past.unread(from)
    assert.deepEqual(recorder.gaps, [])
  })
})

describe('a look at the newest items', () => {
  test('finds nothing, then something suspicious, then that it is still not seen', async () => {
    const { past, from, becomes, recorder } = topic(['a'], ['a'], 'a')
    assert.equal(await past.look(from), 'level')
    becomes(['a', 'b'])
    assert.equal(await past.look(from), 'suspicious')
    assert.equal(await past.look(from), 'behind')
    // told once, and begun anew
    assert.equal(await past.look(from), 'suspicious')
    recorder.seen.add('b')
    assert.equal(await past.look(from), 'level')
  })

  test('does not take one news for another', async () => {
    const { past, from, becomes, recorder } = topic(['a'], ['a'], 'a')
    becomes(['a', 'b'])
    assert.equal(await past.look(from), 'suspicious')
    recorder.seen.add('b')
    becomes(['a', 'b', 'c'])
    assert.equal(await past.look(from), 'suspicious')
  })

  test('leaves out what cannot be taken, and a Broker that shows nothing', async () => {
    const flawed = topic(['a'])
    flawed.past.remember('a')
    assert.equal(await flawed.past.look(flawed.from), 'level')
    const silent = topic(gone)
    assert.equal(await silent.past.look(silent.from), 'level')
  })
})
