import type { Clock } from '../clock.ts'
import type { EngineNews } from '../events/engine.ts'
import type { Queue } from '../store/contract.ts'
import type { Tell } from '../tell.ts'
import type { DestinationKind } from '../vocabulary.ts'
import type { Attempt } from './attempt.ts'
import type { Keeper } from './settle.ts'
import type { DeliveryEvents } from './verdict.ts'

export interface Destination {
  readonly kind: DestinationKind
  readonly destination: string
  /** simultaneous sends: as it is in force each time it is read */
  readonly concurrency: number
}

/** Whether a destination takes anything at all; `reason` is why not. */
export interface DestinationState {
  readonly kind: DestinationKind
  readonly destination: string
  readonly state: 'up' | 'down'
  /** ms since the epoch */
  readonly since: number
  readonly reason: string | null
}

/** What the loop of each destination is given. */
export interface LoopContext {
  readonly store: Pick<Queue, 'claim'>
  readonly keeper: Keeper
  readonly attempt: Attempt
  readonly clock: Clock
  readonly tell: Tell<EngineNews>
  /** as it is in force each time it is read */
  readonly maxAge: number
  readonly events: DeliveryEvents
  readonly changed: (state: DestinationState) => void
  /** something waits for a time now that may be sooner than known */
  readonly postponed: () => void
  /** is it this gateway's at the moment? [always] */
  readonly isOurs: (() => boolean) | undefined
  /** no new claims */
  readonly draining: AbortSignal
}
