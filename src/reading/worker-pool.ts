import { Worker } from 'node:worker_threads'
import { GatewayError } from '../errors.ts'
import { endThread, nowLoading } from './end-thread.ts'
import { type Job, type Slot, weightOf } from './pool-jobs.ts'
import type { PoolOptions } from './pool-options.ts'

export type { PoolOptions } from './pool-options.ts'

/** What a thread gets and answers: small jobs that wait at the same time share a message, since waking a thread is dear. */
export interface PoolMessage<Request> {
  readonly requests: readonly Request[]
}
export type PoolAnswer<Response> =
  | { readonly response: Response }
  /** `broken`: the thread is of no use any more */
  | { readonly failure: string; readonly broken: boolean }

/** MiB: with 8, every tenth document of 6 KB had a collection, which found those under way alive and moved them among what lasts */
const NURSERY = 16
/** small jobs in one message */
const BATCH = 16
/** of what may wait, one owner gets the one-in-so-many-th part */
const SHARES = 4

/**
 * Threads for work on strangers' bytes, with a deadline and a memory bound. A thread that overruns either is ended and
 * replaced. Jobs that were with it are tried again, each alone: only the one that is at fault fails.
 */
export class WorkerPool<Request, Response> implements AsyncDisposable {
  readonly #options: PoolOptions
  readonly #slots: Slot<Request, Response>[]
  #waiting: Job<Request, Response>[] = []
  /** when each claimant's turn was last, counted in turns */
  readonly #turns = new Map<string, number>()
  #turn = 0
  #scheduled = false
  #closed = false
  #impatient: NodeJS.Timeout | undefined

  constructor(options: PoolOptions) {
    this.#options = options
    this.#slots = Array.from({ length: options.size }, () => ({
      worker: undefined,
      ready: false,
      jobs: [],
      timer: undefined,
      since: 0,
    }))
  }

  /** Starts the threads ahead of the first job and waits until one is ready. */
  async warm(request: Request): Promise<void> {
    for (const slot of this.#slots) this.#spawn(slot)
    await this.run(request, 0)
  }

  /**
   * Owners take turns. One that is `bounded` cannot fill the queue alone; of the others the caller keeps their jobs few. Rejects with
   * GatewayError `intake-timeout`, `intake-memory`, `intake-failed` (the job's own fault: it failed twice, alone), `intake-busy` (too
   * many wait) or `internal` (no thread can be started).
   */
  run(request: Request, weight: number, owner?: string, bounded = owner !== undefined): Promise<Response> {
    if (this.#closed) return Promise.reject(new GatewayError('intake-busy', 'The pool is closed.'))
    if (!this.#hasRoom(weight, owner, bounded)) return Promise.reject(new GatewayError('intake-busy'))
    const claimant = `${weight > this.#options.bigJob ? 'big' : 'small'} ${owner ?? ''}`
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, weight, owner, bounded, claimant, suspect: false, failed: false, resolve, reject })
      this.#schedule()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#impatient)
    const closed = new GatewayError('intake-busy', 'The pool is closed.')
    for (const job of this.#waiting.splice(0)) job.reject(closed)
    await Promise.all(
      this.#slots.map((slot) => {
        for (const job of slot.jobs.splice(0)) job.reject(closed)
        return this.#end(slot)
      }),
    )
  }

  /** A job over the share of its owner waits when nothing else of it does. */
  #hasRoom(weight: number, owner: string | undefined, bounded: boolean): boolean {
    const { maxWaiting, maxWaitingWeight } = this.#options
    if (this.#waiting.length >= maxWaiting) return false
    if (!bounded) return true
    const owned = this.#waiting.filter((job) => job.bounded)
    const own = owned.filter((job) => job.owner === owner)
    if (owned.length > 0 && weightOf(owned) + weight > maxWaitingWeight) return false
    return own.length === 0 || (own.length < maxWaiting / SHARES && weightOf(own) + weight <= maxWaitingWeight / SHARES)
  }

  /** What comes in within one turn of the event loop goes out together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    for (const [i, slot] of this.#slots.entries()) {
      if (this.#waiting.length === 0) return
      if (slot.jobs.length > 0) continue
      // the last slot is for small jobs only
      const isLast = i === this.#slots.length - 1
      const smallOnly = isLast && i > 0
      const bigOnly = !isLast && this.#isAlone()
      const idle = this.#options.apart ? 1 : this.#slots.filter((other) => other.jobs.length === 0).length
      const share = Math.min(BATCH, Math.ceil(this.#waiting.length / idle))
      slot.jobs = this.#take((job) => (this.#isBig(job) ? !smallOnly : !bigOnly), share)
      if (slot.jobs.length === 0) continue
      if (slot.worker === undefined) this.#spawn(slot)
      slot.since = performance.now()
      slot.worker?.ref()
      if (slot.ready) this.#post(slot)
    }
    if (this.#isAlone() && this.#slots.at(-1)?.jobs.length !== 0) this.#lookAgain()
  }

  /** Does one thread have the small jobs for itself? */
  #isAlone(): boolean {
    const last = this.#slots.at(-1)
    const { apart } = this.#options
    if (apart === undefined || last === undefined || this.#slots.length === 1) return false
    return last.jobs.length === 0 || performance.now() - last.since < apart.patienceMs
  }

  /** What waits now must not wait for a job that takes its time. */
  #lookAgain(): void {
    this.#impatient ??= setTimeout(() => {
      this.#impatient = undefined
      this.#dispatch()
    }, this.#options.apart?.patienceMs).unref()
  }

  /** Whose turn it is, of those that will do: of the claimants with the fewest jobs in threads who waits longest since its last turn. */
  #next(willDo: (job: Job<Request, Response>) => boolean): Job<Request, Response> | undefined {
    const running = this.#slots.flatMap((slot) => slot.jobs.slice(0, 1))
    const rank = ({ claimant }: Job<Request, Response>) =>
      running.filter((job) => job.claimant === claimant).length * 1e12 + (this.#turns.get(claimant) ?? 0)
    const firsts = new Map<string, Job<Request, Response>>()
    for (const job of this.#waiting) if (!firsts.has(job.claimant) && willDo(job)) firsts.set(job.claimant, job)
    const next = [...firsts.values()].reduce<Job<Request, Response> | undefined>(
      (best, job) => (best === undefined || rank(job) < rank(best) ? job : best),
      undefined,
    )
    if (next === undefined) return undefined
    this.#turns.set(next.claimant, ++this.#turn)
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    return next
  }

  /**
   * One big or suspect job alone, or small ones: this thread's `share` of them, as far as they fit a message. They are answered together,
   * so that a message holds no more than one small job may weigh, and who has few jobs has them in the next one.
   */
  #take(mayTake: (job: Job<Request, Response>) => boolean, share: number): Job<Request, Response>[] {
    const { bigJob } = this.#options
    const isAlone = (job: Job<Request, Response>) => job.suspect || this.#isBig(job)
    const first = this.#next(mayTake)
    if (first === undefined) return []
    const batch = [first]
    let { weight } = first
    while (!isAlone(first) && batch.length < share) {
      const next = this.#next((job) => !isAlone(job) && weight + job.weight <= bigJob)
      if (next === undefined) break
      batch.push(next)
      weight += next.weight
    }
    return batch
  }

  #isBig({ weight }: Job<Request, Response>): boolean {
    return weight > this.#options.bigJob
  }

  #spawn(slot: Slot<Request, Response>): void {
    const worker = new Worker(this.#options.script, {
      // a document is garbage once it is answered: a small nursery keeps what a thread holds small
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMiB, maxYoungGenerationSizeMb: NURSERY },
      // a stranger's bytes have no business with the environment
      env: {},
    })
    nowLoading(worker)
    slot.worker = worker
    slot.ready = false
    worker.on('message', (message: { ready: true } | { answers: PoolAnswer<Response>[] }) => {
      if (slot.worker !== worker) return
      if ('answers' in message) return this.#finish(slot, message.answers)
      slot.ready = true
      if (slot.jobs.length > 0) this.#post(slot)
      else this.#schedule()
    })
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (slot.worker !== worker) return
      const code = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'intake-memory' : 'internal'
      this.#fail(
        slot,
        new GatewayError(code, code === 'internal' ? `A reader thread failed: ${error.message}` : undefined, {
          cause: error,
        }),
      )
    })
    worker.on('exit', () => {
      if (slot.worker === worker) this.#fail(slot, new GatewayError('internal', 'A reader thread ended.'))
    })
    // idle threads must not keep a command alive; one with a job is referenced again
    if (slot.jobs.length === 0) worker.unref()
  }

  #post(slot: Slot<Request, Response>): void {
    const { worker, jobs } = slot
    if (worker === undefined || jobs.length === 0) return
    slot.timer = setTimeout(() => this.#fail(slot, new GatewayError('intake-timeout')), this.#options.deadlineMs)
    worker.postMessage({ requests: jobs.map((job) => job.request) } satisfies PoolMessage<Request>)
  }

  #finish(slot: Slot<Request, Response>, answers: readonly PoolAnswer<Response>[]): void {
    clearTimeout(slot.timer)
    const jobs = slot.jobs.splice(0)
    slot.worker?.unref()
    const failed: Job<Request, Response>[] = []
    let failure = ''
    let broken = false
    for (const [i, job] of jobs.entries()) {
      const answer = answers[i]
      if (answer !== undefined && 'response' in answer) {
        job.resolve(answer.response)
      } else {
        failed.push(job)
        failure ||= answer?.failure ?? 'no answer'
        broken ||= answer?.broken ?? true
      }
    }
    if (failed.length > 0) this.#judge(failed, jobs.length === 1, new GatewayError('internal', failure))
    if (broken || jobs.some((job) => job.weight > this.#options.recycleAbove)) void this.#end(slot)
    this.#dispatch()
  }

  /** One that failed alone gets another try, as do those that failed with others: whatever fails twice alone is at fault itself. */
  #judge(jobs: readonly Job<Request, Response>[], alone: boolean, error: GatewayError): void {
    const again = (job: Job<Request, Response>) => !alone || (error.code === 'internal' && !job.failed)
    const last = error.code === 'internal' ? new GatewayError('intake-failed', error.message, { cause: error }) : error
    for (const job of jobs) if (!again(job)) job.reject(last)
    const others = jobs.filter(again)
    for (const job of others) job.failed ||= alone
    this.#suspect(others)
  }

  #suspect(jobs: readonly Job<Request, Response>[]): void {
    for (const job of jobs) job.suspect = true
    this.#waiting.unshift(...jobs)
  }

  /** The thread is lost, or never began: then no job of it is at fault. */
  #fail(slot: Slot<Request, Response>, error: GatewayError): void {
    const jobs = slot.jobs.splice(0)
    if (slot.ready) this.#judge(jobs, jobs.length === 1, error)
    else for (const job of jobs) job.reject(error)
    void this.#end(slot)
    if (!this.#closed) this.#schedule()
  }

  async #end(slot: Slot<Request, Response>): Promise<void> {
    clearTimeout(slot.timer)
    const { worker } = slot
    slot.worker = undefined
    slot.ready = false
    if (worker !== undefined) await endThread(worker)
  }
}
