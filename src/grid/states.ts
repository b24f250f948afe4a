import { GatewayError } from '../errors.ts'
import type { GridState } from '../vocabulary.ts'
import type { GridHandlers } from './contract.ts'

interface SessionState {
  readonly state: GridState
  /** ms since the epoch */
  readonly since: number
  readonly reason: string | null
  readonly error: GatewayError | null
}

/** What the session and each Topic are like now: told to the handlers as it changes, and waited for. */
export class States {
  readonly #handlers: Pick<GridHandlers, 'state'>
  readonly #now: () => number
  readonly #topics = new Map<string, GridState>()
  readonly #waiting = new Set<() => void>()
  readonly #notes = new Map<string, string>()
  #session: SessionState

  constructor(handlers: Pick<GridHandlers, 'state'>, now: () => number) {
    this.#handlers = handlers
    this.#now = now
    this.#session = { state: 'down', since: now(), reason: null, error: null }
  }

  get session(): SessionState {
    return this.#session
  }

  setSession(state: GridState, error: GatewayError | null): void {
    const reason = error?.message ?? null
    this.#notes.clear()
    this.#session = { state, since: this.#now(), reason, error }
    this.#handlers.state('session', state, reason)
    this.#changed()
  }

  /** Something to know about a session that is up, one thing of each kind. True when that is news. */
  noteSession(kind: 'pace' | 'fellows', note: string | null): boolean {
    if (this.#session.state !== 'up' || note === (this.#notes.get(kind) ?? null)) return false
    if (note === null) this.#notes.delete(kind)
    else this.#notes.set(kind, note)
    const reason = this.#notes.size === 0 ? null : [...this.#notes.values()].join(' ')
    this.#session = { ...this.#session, reason }
    this.#handlers.state('session', 'up', reason)
    return true
  }

  /** A Topic that is not there yet: nobody is told. */
  expect(topic: string): void {
    this.#topics.set(topic, 'down')
  }

  /** Nobody waits for it any more. */
  forget(topic: string): void {
    this.#topics.delete(topic)
    this.#changed()
  }

  setTopic(topic: string, state: GridState, reason: string | null): void {
    this.#topics.set(topic, state)
    this.#handlers.state(`topic:${topic}`, state, reason)
    this.#changed()
  }

  /** Resolves when the session is up and each Topic is up or refused; rejects when the signal aborts or the login is refused. */
  whenUp(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        this.#waiting.delete(look)
        signal.removeEventListener('abort', look)
        settle()
      }
      const look = () => {
        const { state, error } = this.#session
        const topics = [...this.#topics.values()]
        if (signal.aborted) done(() => reject(error ?? new GatewayError('grid-timeout', 'Not connected.')))
        else if (state === 'refused') done(() => reject(error ?? new GatewayError('grid-auth')))
        else if (state === 'up' && topics.every((topic) => topic === 'up' || topic === 'refused')) done(resolve)
      }
      this.#waiting.add(look)
      signal.addEventListener('abort', look)
      look()
    })
  }

  #changed(): void {
    for (const look of [...this.#waiting]) look()
  }
}
