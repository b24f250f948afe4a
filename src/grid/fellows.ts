import { randomUUID } from 'node:crypto'
import type { Tell } from '../tell.ts'
import type { GridNews } from './news.ts'
import type { States } from './states.ts'
import type { Fellow } from './xmpp/fellow.ts'

/**
 * Gateways with our account and a store of their own: each of them sends everything, so that every peer gets it as often. One that has our
 * store is none.
 */
export class Fellows {
  /** what those on our store have in common */
  readonly store: string
  readonly #states: Pick<States, 'noteSession'>
  readonly #tell: Tell<GridNews>
  readonly #known = new Set<string>()

  /** Without `store` nobody shares it. */
  constructor(store: string | undefined, states: Pick<States, 'noteSession'>, tell: Tell<GridNews>) {
    this.store = store ?? randomUUID()
    this.#states = states
    this.#tell = tell
  }

  /** A new session: who is there is told anew. */
  begin(): void {
    this.#known.clear()
  }

  met({ jid, here, store }: Fellow): void {
    const isNew = here && store !== this.store && !this.#known.has(jid)
    if (isNew) this.#known.add(jid)
    else if (!here || store === this.store) this.#known.delete(jid)
    if (isNew) this.#tell('account-shared', { jid })
    this.note()
  }

  /** Says it of the session, which may be up only now. */
  note(): void {
    const [first] = this.#known
    const reason =
      first === undefined
        ? null
        : `Another gateway is logged in with this account, and has a store of its own: ${[...this.#known].slice(0, 3).join(', ')}. Whoever is sent something gets it from both.`
    this.#states.noteSession('fellows', reason)
  }
}
