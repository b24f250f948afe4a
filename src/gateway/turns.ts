import type { Clock } from '../clock.ts'
import type { ProcessNews } from '../events/process.ts'
import type { GridHandlers } from '../grid/contract.ts'
import type { Fleet } from '../store/fleet.ts'
import type { Tell } from '../tell.ts'

/** what the store knows it by: all Topics are one gateway's, whose session is up */
const NAME = 'topics'
/** ms that it lasts; others ask as often as it is renewed, so that they go on within a lease and a renewal of its end */
const LEASE = 9_000
const RENEW = 3_000

interface TurnOptions {
  readonly store: Pick<Fleet, 'lease' | 'endLease'>
  readonly clock: Clock
  readonly tell: Tell<Pick<ProcessNews, 'topics-ours' | 'topics-anothers'>>
}

interface Turns extends AsyncDisposable {
  readonly turn: NonNullable<GridHandlers['turn']>
}

/**
 * One of the gateways on a store follows the Topics: what each of them has read is every gateway's, so that another goes on where it
 * stopped. It is asked for while any Topic is to be followed, and given up when none is: a gateway without its Controller leaves them to
 * those who have theirs. Two that follow for a moment do no harm: an item is taken in once.
 */
export function createTurns({ store, clock, tell }: TurnOptions): Turns {
  const waiting = new Set<() => void>()
  const ended = new AbortController()
  let users = 0
  /** when the last of them left */
  let left = 0
  /** there are others, who have or had them: who follows them alone is no news */
  let isShared = false
  let keeping: Promise<void> | undefined
  let ours: AbortController | undefined
  let renewal = new AbortController()

  function lose(): void {
    renewal.abort()
    ours?.abort()
    ours = undefined
  }

  function loseTo(reason: string): void {
    if (ours !== undefined) tell('topics-anothers', { reason })
    isShared = true
    lose()
  }

  /** However long the store takes to answer, or does not: it is lost when its time is over. */
  function lasts(ms: number): void {
    renewal.abort()
    renewal = new AbortController()
    const { signal } = renewal
    void clock.sleep(ms, signal).then(() => {
      if (!signal.aborted) loseTo('It could not be renewed in time.')
    })
  }

  async function ask(): Promise<void> {
    const began = clock.now()
    const over = new AbortController()
    const patience = clock.sleep(RENEW, AbortSignal.any([over.signal, ended.signal])).then(() => undefined)
    const got = await Promise.race([store.lease(NAME, LEASE).catch(() => undefined), patience])
    over.abort()
    if (got === false) loseTo('Another gateway has them.')
    if (got === true && !ended.signal.aborted) have(began)
    if (got !== undefined) for (const wake of [...waiting]) wake()
  }

  function have(began: number): void {
    lasts(LEASE - Math.max(0, clock.now() - began))
    if (ours === undefined && isShared) tell('topics-ours', {})
    ours ??= new AbortController()
  }

  /** As long as there are Topics to follow: one that is looked at again is away for a moment. */
  async function keep(): Promise<void> {
    while ((users > 0 || clock.now() - left < RENEW) && !ended.signal.aborted) {
      await ask()
      await clock.sleep(RENEW, ours === undefined ? ended.signal : AbortSignal.any([ended.signal, ours.signal]))
    }
    if (ours === undefined) return
    lose()
    await store.endLease(NAME).catch(() => undefined)
  }

  function start(): void {
    keeping ??= keep().finally(() => {
      keeping = undefined
      if (users > 0 && !ended.signal.aborted) start()
    })
  }

  function leave(): void {
    users -= 1
    left = clock.now()
  }

  return {
    async turn(_topic, signal, standsBy) {
      users += 1
      start()
      const until = AbortSignal.any([signal, ended.signal])
      for (let isTold = false; ours === undefined && !until.aborted; ) {
        if (isShared && !isTold) standsBy()
        isTold = isShared
        const woken = new AbortController()
        const wake = () => woken.abort()
        waiting.add(wake)
        await clock.sleep(3_600_000, AbortSignal.any([woken.signal, until]))
        waiting.delete(wake)
      }
      if (ours !== undefined) return { signal: ours.signal, [Symbol.dispose]: leave }
      leave()
      return undefined
    },
    async [Symbol.asyncDispose]() {
      ended.abort()
      await keeping
      lose()
    },
  }
}
