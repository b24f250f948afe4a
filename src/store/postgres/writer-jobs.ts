import { GatewayError } from '../../errors.ts'
import { type DestinationKey, type DestinationKind, destinationKey } from '../../vocabulary.ts'

/** What a write will change, as far as it is known before: locked first, in one order, so that two gateways seldom wait for each other. */
export interface Touches {
  readonly destinations?: readonly { readonly kind: DestinationKind; readonly destination: string }[]
  /** keys of deliveries: their destinations */
  readonly deliveries?: readonly number[]
}

/** For whoever cannot wait for as long as a write may take. */
export interface Hurry {
  readonly ms: number
  readonly late: () => void
}

/** Does what several jobs ask for, in their order, one after the other or in one go. */
export type Fused<In, Out> = (asked: readonly In[]) => Promise<readonly Out[]>

export interface Job {
  readonly work: Fused<unknown, unknown>
  readonly asked: unknown
  readonly touches: Touches
  readonly resolve: (value: unknown) => void
  readonly reject: (error: GatewayError) => void
  readonly since: number
  /** its batch failed for what one of them did: it is tried again by itself */
  alone: boolean
  /** it met what passes by itself: so often */
  met: number
  /** nobody waits for it any more: told when it is committed all the same */
  late: (() => void) | undefined
}

/**
 * What was written; rejects with 'store-unavailable' once it took too long. `forget`: it need not be begun. Of one that was under way by then, and
 * is committed all the same, `late` is told.
 */
export async function hurried<Out>(
  job: Job,
  written: Promise<Out>,
  { ms, late }: Hurry,
  forget: () => void,
): Promise<Out> {
  const timer = setTimeout(() => {
    job.late = late
    forget()
    const detail = `What is written waits for more than ${ms / 1000} s: for a disk, a standby or another gateway.`
    job.reject(new GatewayError('store-unavailable', detail))
  }, ms)
  try {
    return await written
  } finally {
    clearTimeout(timer)
  }
}

/** Of those that came behind these while others were waited for the first ones, as far as they touch nothing else. */
export function cameLate(jobs: readonly Job[], behind: readonly Job[]): readonly Job[] {
  const locked = new Set(jobs.flatMap(({ touches }) => touches.destinations ?? []).map(nameOf))
  const isLocked = ({ touches: { destinations = [], deliveries = [] } }: Job) =>
    deliveries.length === 0 && destinations.every((one) => locked.has(nameOf(one)))
  const end = behind.findIndex((job) => job.alone || !isLocked(job))
  return end < 0 ? behind : behind.slice(0, end)
}

function nameOf({ kind, destination }: NonNullable<Touches['destinations']>[number]): DestinationKey {
  return destinationKey(kind, destination)
}
