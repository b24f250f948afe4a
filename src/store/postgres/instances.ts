import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reader } from './reader.ts'
import { all, run } from './sql.ts'

/** ms between two signs of life */
const BEAT = 1500
/** ms without one, by the server's clock, after which a gateway is no more: its leases are others' then */
export const DEAD_AFTER = 6000

/** `$1`: these, but for who showed meanwhile that it lives */
export const FORGET = `DELETE FROM instance WHERE id = ANY($1::text[])
  AND beat < clock_timestamp() - make_interval(secs => ${DEAD_AFTER / 1000})`

export function newOwner(): string {
  return randomUUID()
}

/** This gateway among those at work on the store. */
interface Instance extends AsyncDisposable {
  /** Resolves once it is known to the others. */
  start(): Promise<void>
}

interface InstanceOptions {
  readonly signs: Pick<Reader, 'db' | 'read'>
  readonly owner: string
  readonly version: string
  /** for tests: shows no more that it lives, as after a crash */
  readonly crashed?: AbortSignal | undefined
  /** In one transaction: forgets these, and what they leased is anybody's. */
  readonly bury: (ids: readonly string[]) => Promise<void>
}

export function createInstance({ signs: { db, read }, owner, version, crashed, bury }: InstanceOptions): Instance {
  const beat = run(
    db,
    `INSERT INTO instance (id, host, pid, version) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE SET beat = clock_timestamp()`,
  )
  const silent = all<{ id: string; beat: string }>(
    db,
    `SELECT id, beat::text AS beat FROM instance WHERE id <> $1 AND beat < clock_timestamp() - make_interval(secs => $2)`,
  )
  const leave = run(db, 'DELETE FROM instance WHERE id = $1')
  const ended = new AbortController()
  let working: Promise<void> | undefined
  /** silent at the last look, with their last beat */
  let suspects = new Map<string, string>()
  let lastLook = 0

  /** Where the server itself was away, all look silent: only who is so at two looks, one soon after the other, is no more. */
  async function look(): Promise<void> {
    await read(() => beat(owner, hostname(), process.pid, version))
    const found = await read(() => silent(owner, DEAD_AFTER / 1000))
    const isSoon = performance.now() - lastLook < 2 * BEAT
    const dead = isSoon ? found.filter(({ id, beat: at }) => suspects.get(id) === at).map(({ id }) => id) : []
    suspects = new Map(found.map(({ id, beat: at }) => [id, at]))
    lastLook = performance.now()
    if (dead.length > 0) await bury(dead)
  }

  async function work(): Promise<void> {
    const isOver = () => ended.signal.aborted || crashed?.aborted === true
    while (!isOver()) {
      await sleep(BEAT, undefined, { signal: ended.signal }).catch(() => {})
      // what cannot be reached is said by whoever needs it
      if (!isOver()) await look().catch(() => {})
    }
  }

  return {
    async start() {
      await look()
      working = work()
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await working
      if (working !== undefined) await read(() => leave(owner)).catch(() => {})
    },
  }
}
