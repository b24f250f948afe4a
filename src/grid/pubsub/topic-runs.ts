import type { Session } from '../xmpp/session.ts'
import type { TopicLoop } from './topic-loop.ts'

interface Run {
  readonly stop: AbortController
  readonly done: Promise<void>
}

/** What is said to the Broker of a Topic that is left. */
type Leave = (session: Session) => Promise<void>

/** The Topics' loops in the session of now: each begins and ends by itself, and one after the other where it is the same Topic. */
export class TopicRuns {
  readonly #runs = new Map<string, Run>()
  /** left while there was no session, whose subscriptions live on */
  readonly #left = new Map<string, Leave>()
  #live:
    | { readonly session: Session; readonly signal: AbortSignal; readonly failed: (error: unknown) => void }
    | undefined

  /** Runs these, and those that begin meanwhile, until the session is over. Rejects where one of them does. */
  async through(session: Session, signal: AbortSignal, loops: Iterable<readonly [string, TopicLoop]>): Promise<void> {
    const { promise: failure, reject: failed } = Promise.withResolvers<never>()
    this.#live = { session, signal, failed }
    for (const [topic, loop] of loops) this.begin(topic, loop)
    for (const [topic, leave] of this.#left) this.#run(topic, new AbortController(), leave(session), failed)
    this.#left.clear()
    try {
      // without Topics there is nothing to run until then
      await Promise.race([session.closed, failure])
      await Promise.race([Promise.all([...this.#runs.values()].map(({ done }) => done)), failure])
    } finally {
      this.#live = undefined
      this.#runs.clear()
    }
  }

  /** Where there is a session. */
  begin(topic: string, loop: TopicLoop): void {
    const live = this.#live
    this.#left.delete(topic)
    if (live === undefined) return
    const stop = new AbortController()
    const signal = AbortSignal.any([live.signal, stop.signal])
    const before = this.#runs.get(topic)?.done ?? Promise.resolve()
    const done = before.then(() => (signal.aborted ? undefined : loop.run(live.session, signal)))
    this.#run(topic, stop, done, live.failed)
  }

  /** `leave`: behind it, or at the next login. */
  end(topic: string, leave?: Leave): void {
    const [run, live] = [this.#runs.get(topic), this.#live]
    if (leave && live === undefined) this.#left.set(topic, leave)
    if (run === undefined || live === undefined) return
    run.stop.abort()
    if (leave === undefined) return
    const done = run.done.then(() => {
      if (!live.signal.aborted) return leave(live.session)
      this.#left.set(topic, leave)
      return undefined
    })
    this.#run(topic, run.stop, done, live.failed)
  }

  #run(topic: string, stop: AbortController, done: Promise<void>, failed: (error: unknown) => void): void {
    done.catch(failed)
    this.#runs.set(topic, { stop, done })
  }
}
