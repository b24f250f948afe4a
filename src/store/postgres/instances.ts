import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reader } from './reader.ts'
import { all, one, run } from './sql.ts'

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
  /** In one transaction: forgets these [nobody], and what anybody leased who is not known is anybody's. */
  readonly bury: (ids: readonly string[]) => Promise<void>
}

export function createInstance({ signs: { db, read }, owner, version, crashed, bury }: InstanceOptions): Instance {
  const beat = one<{ fresh: boolean }>(
    db,
    `INSERT INTO instance (id, host, pid, version) VALUES ($1, $2, $3, $4)
     ON CONFLICT (id) DO UPDATE SET beat = clock_timestamp() RETURNING xmax = 0 AS fresh`,
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
  /** when the server knew nothing of us, and so of nobody else: who died before is on no list */
  let unknownSince: number | undefined
  let isBurying = false

  /**
   * Where the server itself was away, all look silent: only who is so at two looks, one soon after the other, is no more. A server that crashed
   * knows nobody (schema-growth.ts): whoever lives has said so again by the time that the dead are given.
   */
  async function look(): Promise<void> {
    const { fresh } = (await read(() => beat(owner, hostname(), process.pid, version)))!
    if (fresh) unknownSince = performance.now()
    const found = await read(() => silent(owner, DEAD_AFTER / 1000))
    const isSoon = performance.now() - lastLook < 2 * BEAT
    const dead = isSoon ? found.filter(({ id, beat: at }) => suspects.get(id) === at).map(({ id }) => id) : []
    suspects = new Map(found.map(({ id, beat: at }) => [id, at]))
    lastLook = performance.now()
    const isAllKnown = unknownSince !== undefined && performance.now() - unknownSince > DEAD_AFTER
    if ((dead.length > 0 || isAllKnown) && !isBurying) void buryBeside(dead, isAllKnown ? unknownSince : undefined)
  }

  /** Its COMMIT may wait for a standby that died with them: who waited for that would look dead to the others. */
  async function buryBeside(dead: readonly string[], since: number | undefined): Promise<void> {
    isBurying = true
    try {
      await bury(dead)
      if (unknownSince === since) unknownSince = undefined
    } catch {
      // at the next look again
    } finally {
      isBurying = false
    }
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
