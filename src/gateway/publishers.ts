import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { Queue } from '../store/contract.ts'
import type { Fleet, Roster } from '../store/fleet.ts'

/** what the store knows it by: publishing to Topics */
const NAME = 'publish'
/** ms that a part in it lasts; it is renewed as often as others look who else there is, so that they go on within both of its end */
const LASTS = 9_000
const RENEW = 3_000

interface PublishersOptions {
  readonly store: Pick<Fleet, 'enlist' | 'leave'> & Pick<Queue, 'onChange'>
  readonly clock: Clock
  /** Other Topics than before are ours. */
  readonly moved: () => void
}

interface Publishers extends AsyncDisposable {
  /** The session with the Controller came up, or ended: then others have our Topics at once. */
  session(isUp: boolean): void
  /** To be asked of every Topic each time. */
  isOurs(topic: string): boolean
  /** For good: others have our Topics at once. */
  leave(): Promise<void>
}

/**
 * Of the gateways on a store that have a session with their Controller each has a part of the Topics: nobody else claims what is to be
 * published there, or looks whether there is any. Whose a Topic is everyone reckons from the list of those who are there (the highest hash
 * of both names), so that one more or less moves its own Topics only. Two lists that differ for a moment do no harm: a delivery
 * is claimed once, in its order, whoever claims it.
 */
export function createPublishers({ store, clock, moved }: PublishersOptions): Publishers {
  let roster: Roster | undefined
  const known = new Map<string, boolean>()
  let up: AbortController | undefined
  let again = new AbortController()
  let over = new AbortController()
  /** one after the other: a part that ends must not come to be behind that */
  let work: Promise<void> = Promise.resolve()
  let isOver = false
  const changes = store.onChange((change) => {
    if (change === 'roster') again.abort()
  })

  function use(next: Roster | undefined): void {
    const isSame = next?.all.join() === roster?.all.join()
    roster = next
    if (isSame) return
    known.clear()
    moved()
  }

  /** However long the store takes to answer, or does not: it is over when its time is. */
  function lasts(ms: number): void {
    over.abort()
    over = new AbortController()
    const { signal } = over
    void clock.sleep(ms, signal).then(() => signal.aborted || use(undefined))
  }

  /** undefined where the store does not say so in time. */
  async function ask(end: AbortSignal): Promise<Roster | undefined> {
    const answered = new AbortController()
    const patience = clock.sleep(RENEW, AbortSignal.any([answered.signal, end])).then(() => undefined)
    const found = await Promise.race([store.enlist(NAME, LASTS).catch(() => undefined), patience])
    answered.abort()
    return found
  }

  async function keep(end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      again = new AbortController()
      const began = clock.now()
      const next = await ask(end)
      if (end.aborted) break
      if (next !== undefined) {
        lasts(LASTS - Math.max(0, clock.now() - began))
        use(next)
      }
      await clock.sleep(RENEW, AbortSignal.any([end, again.signal]))
    }
    await store.leave(NAME).catch(() => undefined)
  }

  function session(isUp: boolean): void {
    if (isUp === (up !== undefined) || (isUp && isOver)) return
    if (isUp) {
      const begun = new AbortController()
      up = begun
      work = work.then(() => keep(begun.signal))
      return
    }
    up?.abort()
    up = undefined
    over.abort()
    use(undefined)
  }

  async function leave(): Promise<void> {
    isOver = true
    changes[Symbol.dispose]()
    session(false)
    await work
  }

  return {
    session,
    leave,
    isOurs(topic) {
      if (roster === undefined) return false
      let isOurs = known.get(topic)
      if (isOurs === undefined) {
        isOurs = ownerOf(topic, roster) === roster.own
        known.set(topic, isOurs)
      }
      return isOurs
    },
    [Symbol.asyncDispose]: leave,
  }
}

function ownerOf(topic: string, { all }: Roster): string | undefined {
  const ranked = all.map((one) => ({ one, rank: hash('sha256', `${one} ${topic}`, 'hex') }))
  return ranked.toSorted((a, b) => (a.rank < b.rank ? 1 : -1))[0]?.one
}
