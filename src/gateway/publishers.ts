import { hash } from 'node:crypto'
import type { Clock } from '../clock.ts'
import type { ProcessNews } from '../events/process.ts'
import type { Queue } from '../store/contract.ts'
import type { Fleet, Roster } from '../store/fleet.ts'
import type { Tell } from '../tell.ts'
import { FailingTopics } from './failing-topics.ts'

/** what the store knows it by: publishing to Topics */
const NAME = 'publish'
/** ms that a part in it lasts; it is renewed as often as others look who else there is, so that they go on within both of its end */
const LASTS = 9_000
const RENEW = 3_000

interface PublishersOptions {
  readonly store: Pick<Fleet, 'enlist' | 'leave' | 'roster'> & Pick<Queue, 'onChange'>
  readonly clock: Clock
  readonly tell: Tell<Pick<ProcessNews, 'topic-left'>>
  /** Other Topics than before are ours. */
  readonly moved: () => void
}

export interface Publishers extends AsyncDisposable {
  /** From here on there is something to be ours. */
  start(): void
  /** The session with the Controller came up, or ended: then others have our Topics at once. */
  session(isUp: boolean): void
  /** To be asked of every Topic each time. */
  isOurs(topic: string): boolean
  /** What an attempt to publish there came to: whether the Broker answered, or it failed, and may go well another time. */
  tried(topic: string, began: number, isAnswered: boolean): void
  /** For good: others have our Topics at once. */
  leave(): Promise<void>
}

/**
 * Of the gateways on a store that have a session with their Controller each has a part of the Topics: nobody else claims what is to be
 * published there, or looks whether there is any. Whose a Topic is everyone reckons from the list of those who are there (the highest hash
 * of both names), so that one more or less moves its own Topics only. Two lists that differ for a moment do no harm: a delivery
 * is claimed once, in its order, whoever claims it. Where nobody has a session all of them have all: somebody has to see that what
 * waits for too long is held. A Topic of which its Broker takes nothing is left to the next one in that order for some minutes, unless all others
 * left it, too.
 */
export function createPublishers({ store, clock, tell, moved }: PublishersOptions): Publishers {
  /** undefined: not known, and nothing is ours */
  let roster: Roster | undefined
  const known = new Map<string, boolean>()
  const failing = new FailingTopics()
  let isUp = false
  /** in the store, or on its way there */
  let isListed = false
  let again = new AbortController()
  let over = new AbortController()
  const end = new AbortController()
  let running: Promise<void> | undefined
  const changes = store.onChange((change) => {
    if (change === 'roster') again.abort()
  })

  function use(next: Roster | undefined): void {
    const isSame = sayingOf(next) === sayingOf(roster)
    roster = next
    if (isSame) return
    known.clear()
    if (!end.signal.aborted) moved()
  }

  /** However long the store takes to answer, or does not: it is over when its time is. */
  function lasts(ms: number): void {
    over.abort()
    over = new AbortController()
    const { signal } = over
    void clock.sleep(ms, signal).then(() => signal.aborted || use(undefined))
  }

  /** What the store says; undefined where it does not say so in time, or nobody waits for it any more. */
  async function inTime<T>(asked: Promise<T>): Promise<T | undefined> {
    const answered = new AbortController()
    const patience = clock.sleep(RENEW, AbortSignal.any([answered.signal, end.signal])).then(() => undefined)
    const found = await Promise.race([asked.catch(() => undefined), patience])
    answered.abort()
    return found
  }

  async function look(): Promise<Roster | undefined> {
    if (isUp) {
      isListed = true
      const before = failing.left(clock.now())
      const left = failing.leave(clock.now(), mayLeave)
      for (const topic of left) if (!before.includes(topic)) tell('topic-left', { topic })
      return inTime(store.enlist(NAME, LASTS, left))
    }
    if (isListed) await inTime(store.leave(NAME))
    isListed = false
    const all = await inTime(store.roster(NAME))
    return all && { own: '', all, without: new Map() }
  }

  /** It is ours, and somebody else has not left it. */
  function mayLeave(topic: string): boolean {
    return roster !== undefined && isOurs(topic) && takersOf(topic, roster).some((one) => one !== roster?.own)
  }

  async function keep(): Promise<void> {
    while (!end.signal.aborted) {
      again = new AbortController()
      const { signal } = again
      const began = clock.now()
      const next = await look()
      // the session came or went meanwhile, or somebody else did
      if (signal.aborted) continue
      if (next !== undefined) {
        lasts(LASTS - Math.max(0, clock.now() - began))
        use(next)
      }
      await clock.sleep(RENEW, signal)
    }
    if (isListed) await store.leave(NAME).catch(() => undefined)
  }

  function lookAgain(): void {
    over.abort()
    use(undefined)
    again.abort()
  }

  function isOurs(topic: string): boolean {
    if (roster === undefined) return false
    let found = known.get(topic)
    if (found === undefined) {
      found = roster.all.length === 0 || ownerOf(topic, roster) === roster.own
      known.set(topic, found)
    }
    return found
  }

  return {
    start() {
      running ??= keep()
    },
    session(came) {
      if (came === isUp || end.signal.aborted) return
      isUp = came
      failing.forget()
      lookAgain()
    },
    async leave() {
      changes[Symbol.dispose]()
      end.abort()
      lookAgain()
      await running
    },
    isOurs,
    tried(topic, began, isAnswered) {
      if (isAnswered) failing.answered(topic)
      else failing.failed(topic, began)
    },
    [Symbol.asyncDispose]() {
      return this.leave()
    },
  }
}

function sayingOf(roster: Roster | undefined): string {
  return roster === undefined ? '' : JSON.stringify([roster.all, [...roster.without].toSorted()])
}

/** Those who have not left it to others; all, where all of them have. */
function takersOf(topic: string, { all, without }: Roster): readonly string[] {
  const takers = all.filter((one) => without.get(one)?.includes(topic) !== true)
  return takers.length === 0 ? all : takers
}

function ownerOf(topic: string, roster: Roster): string | undefined {
  const ranked = takersOf(topic, roster).map((one) => ({ one, rank: hash('sha256', `${one} ${topic}`, 'hex') }))
  return ranked.toSorted((a, b) => (a.rank < b.rank ? 1 : -1))[0]?.one
}
