import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Publication } from '../../src/relay/make-items.ts'
import { createQueueRoom } from '../../src/relay/queue-room.ts'

const publications = [{ topic: 'incident', item: { xml: '<a/>' } }] as unknown as readonly Publication[]

/** A queue in which so many wait, and how often it was counted. */
function queueOf(waiting: number, maxQueue: number) {
  const counts = { waiting, looks: 0 }
  const store = {
    unsettled: async () => {
      counts.looks += 1
      return counts.waiting
    },
    unsettledBytes: async () => 0,
  }
  const config = { delivery: { maxQueue }, peers: [] } as unknown as Parameters<typeof createQueueRoom>[0]['config']
  return { counts, isFull: createQueueRoom({ config, store }) }
}

describe('the room in the queue', () => {
  test('is not counted anew for each report, while there is plenty', async () => {
    const { counts, isFull } = queueOf(0, 1_000)
    for (let i = 0; i < 500; i += 1) assert.equal(await isFull('csirt-a', publications), false)
    assert.ok(counts.looks < 500, `${counts.looks} looks`)
  })

  test('is used up by what was let in since it was counted', async () => {
    const { counts, isFull } = queueOf(0, 3)
    const answers: boolean[] = []
    for (let i = 0; i < 5; i += 1) {
      const full = await isFull('csirt-a', publications)
      answers.push(full)
      if (!full) counts.waiting += 1
    }
    assert.deepEqual(answers, [false, false, false, true, true])
  })

  test('is there again as soon as something went out', async () => {
    const { counts, isFull } = queueOf(3, 3)
    assert.equal(await isFull('csirt-a', publications), true)
    counts.waiting = 2
    assert.equal(await isFull('csirt-a', publications), false)
  })
})
