import type { Job } from './pool-jobs.ts'
import type { PoolOptions } from './pool-options.ts'

/** of what may wait, one owner gets the one-in-so-many-th part */
const SHARES = 4

type Limits = Pick<PoolOptions, 'maxWaiting' | 'maxWaitingWeight'>

/** The jobs that no thread has yet, first come first, and whose turn is next. */
export class WaitingJobs<Request, Response> {
  readonly #limits: Limits
  #jobs: Job<Request, Response>[] = []
  /** when each claimant's turn was last, counted in turns */
  readonly #turns = new Map<string, number>()
  #turn = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get length(): number {
    return this.#jobs.length
  }

  add(job: Job<Request, Response>): void {
    this.#jobs.push(job)
  }

  /** Ahead of all others. */
  putBack(jobs: readonly Job<Request, Response>[]): void {
    this.#jobs.unshift(...jobs)
  }

  find(isIt: (job: Job<Request, Response>) => boolean): Job<Request, Response> | undefined {
    return this.#jobs.find(isIt)
  }

  remove(isIt: (job: Job<Request, Response>) => boolean): Job<Request, Response>[] {
    const { removed = [], kept = [] } = Object.groupBy(this.#jobs, (job) => (isIt(job) ? 'removed' : 'kept'))
    this.#jobs = kept
    return removed
  }

  /** A job over the share of its owner waits when nothing else of it does. */
  hasRoom(weight: number, owner: string | undefined, bounded: boolean): boolean {
    const { maxWaiting, maxWaitingWeight } = this.#limits
    if (this.#jobs.length >= maxWaiting) return false
    if (!bounded) return true
    const owned = this.#jobs.filter((job) => job.bounded)
    const own = owned.filter((job) => job.owner === owner)
    if (owned.length > 0 && weightOf(owned) + weight > maxWaitingWeight) return false
    return own.length === 0 || (own.length < maxWaiting / SHARES && weightOf(own) + weight <= maxWaitingWeight / SHARES)
  }

  /** Whose turn it is, of those that will do: of the claimants with the fewest jobs `running` who waits longest since its last turn. */
  next(
    willDo: (job: Job<Request, Response>) => boolean,
    running: readonly Job<Request, Response>[],
  ): Job<Request, Response> | undefined {
    const rank = ({ claimant }: Job<Request, Response>) =>
      running.filter((job) => job.claimant === claimant).length * 1e12 + (this.#turns.get(claimant) ?? 0)
    const firsts = new Map<string, Job<Request, Response>>()
    for (const job of this.#jobs) if (!firsts.has(job.claimant) && willDo(job)) firsts.set(job.claimant, job)
    const next = [...firsts.values()].reduce<Job<Request, Response> | undefined>(
      (best, job) => (best === undefined || rank(job) < rank(best) ? job : best),
      undefined,
    )
    if (next === undefined) return undefined
    this.#turns.set(next.claimant, ++this.#turn)
    this.#jobs.splice(this.#jobs.indexOf(next), 1)
    return next
  }
}

function weightOf(jobs: readonly { readonly weight: number }[]): number {
  return jobs.reduce((sum, { weight }) => sum + weight, 0)
}
