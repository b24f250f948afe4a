import type { Clock } from '../../clock.ts'

/** Crockford's base 32: no I, L, O, U, so that an id survives being read aloud. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const LENGTH = 11
/** 2025-01-01: 41 bits of ms from here last until 2094. */
const EPOCH = 1_735_689_600_000
const PER_MS = 4096

/**
 * Keys of envelopes and deliveries: 41 bits of time, 12 bits that start at random and count. Each is greater than all before
 * it, also when the clock steps back, so their order is the order of acceptance.
 */
export interface Sequence {
  next(): number
  /** Another process may have used keys up to this one. */
  passed(key: number): void
}

export function createSequence(clock: Clock): Sequence {
  let last = 0
  return {
    next() {
      const fresh = firstKeyAt(clock.now()) + Math.floor(clock.random() * (PER_MS / 4))
      last = Math.max(last + 1, fresh)
      return last
    },
    passed(key) {
      last = Math.max(last, key)
    },
  }
}

/** Keys given out before `time` (ms since the epoch) are smaller. */
export function firstKeyAt(time: number): number {
  return Math.max(0, time - EPOCH) * PER_MS
}

/** A key as people see it: eleven characters that sort as the keys do. */
export function formatId(key: number): string {
  let id = ''
  let rest = key
  for (let place = 0; place < LENGTH; place++) {
    id = DIGITS[rest % 32]! + id
    rest = Math.floor(rest / 32)
  }
  return id
}

/** The key of an id that somebody typed or kept; undefined when it is none. */
export function parseId(id: string): number | undefined {
  if (id.length !== LENGTH) return undefined
  let key = 0
  for (const character of id.toUpperCase()) {
    const digit = DIGITS.indexOf(character)
    if (digit < 0) return undefined
    key = key * 32 + digit
  }
  return Number.isSafeInteger(key) ? key : undefined
}
