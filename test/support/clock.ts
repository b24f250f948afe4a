import type { Clock } from '../../src/clock.ts'

/** A clock that stands still until it is moved. */
export interface VirtualClock extends Clock {
  /**
   * Lets `ms` pass: whoever sleeps wakes in the order of their times, and gets to do all that needs no more time before the
   * next one wakes.
   */
  advance(ms: number): Promise<void>
  /** The wall clock is set to another time; nobody sleeps longer or shorter for it. */
  set(time: number): void
  /** Everything that needs no more time gets done. */
  settle(): Promise<void>
  /** how many are asleep */
  readonly sleepers: number
}

interface Sleeper {
  at: number
  readonly order: number
  readonly wake: () => void
}

/** 2026-01-01: keys and ages are real ones. */
export const VIRTUAL_START = 1_767_225_600_000

/** Turns of the event loop that work between two sleeps may take: each store commit is one, each promise chain less. */
const TURNS = 12

export function createVirtualClock(options: { start?: number; seed?: number } = {}): VirtualClock {
  let now = options.start ?? VIRTUAL_START
  let state = (options.seed ?? 1) >>> 0
  let order = 0
  const sleepers = new Set<Sleeper>()

  /** One promise, not one for each turn: the test runner watches each, and hours of polling are thousands of turns. */
  function settle(): Promise<void> {
    return new Promise((resolve) => {
      let turns = 0
      const turn = () => {
        turns += 1
        if (turns > TURNS) resolve()
        else setImmediate(turn)
      }
      turn()
    })
  }

  function nextUntil(end: number): Sleeper | undefined {
    let first: Sleeper | undefined
    for (const sleeper of sleepers) {
      if (sleeper.at > end) continue
      if (first === undefined || sleeper.at < first.at || (sleeper.at === first.at && sleeper.order < first.order)) {
        first = sleeper
      }
    }
    return first
  }

  return {
    now: () => now,
    /** mulberry32: the same seed, the same chances */
    random() {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
    },
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve()
        const sleeper: Sleeper = {
          at: now + Math.max(0, ms),
          order: order++,
          wake() {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        sleepers.add(sleeper)
        signal?.addEventListener('abort', sleeper.wake)
      }),
    async advance(ms) {
      const end = now + ms
      await settle()
      for (let next = nextUntil(end); next !== undefined; next = nextUntil(end)) {
        now = Math.max(now, next.at)
        next.wake()
        await settle()
      }
      now = end
      await settle()
    },
    set(time) {
      for (const sleeper of sleepers) sleeper.at += time - now
      now = time
    },
    settle,
    get sleepers() {
      return sleepers.size
    },
  }
}
