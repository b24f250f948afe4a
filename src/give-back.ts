import { getHeapStatistics } from 'node:v8'

const MIB = 1024 * 1024
/** bytes that a heap must have grown by to be worth a look */
const WORTH = 8 * MIB
/** of its time, what a thread may do and still count as idle */
const IDLE = 0.1
/** looks, at least, between two collections: a message now and then grows a heap again in a few seconds, by what the nursery holds */
const APART = 12

/**
 * Gives the system back what the start of this thread, or a flood, left in its heap, each time it has been idle for `ms`: V8 looks for
 * garbage when a heap grows, and so never at one that has nothing to do. It takes a tenth of a second, once per flood, and
 * no more than once a minute. Needs --expose-gc, as bin/iodef-gateway starts it; without, nothing happens.
 */
export function giveBackWhenIdle(ms = 5_000): void {
  const { gc } = globalThis
  if (gc === undefined) return
  let kept = 0
  let looks = APART
  let before = performance.eventLoopUtilization()
  setInterval(() => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, before)
    before = now
    looks += 1
    if (utilization > IDLE || looks < APART || getHeapStatistics().total_heap_size < kept + WORTH) return
    // all that can be had, and no page is kept in hand
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' })
    looks = 0
    kept = getHeapStatistics().total_heap_size
  }, ms).unref()
}
