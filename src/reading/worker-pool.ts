import { Worker } from 'node:worker_threads'
import { GatewayError } from '../errors.ts'
import { endThread, nowLoading } from './end-thread.ts'
import { Gathering } from './gathering.ts'
import type { Job, Slot } from './pool-jobs.ts'
import type { PoolOptions } from './pool-options.ts'
import { WaitingJobs } from './waiting-jobs.ts'

export type { PoolOptions } from './pool-options.ts'

/** What a thread gets and answers: small jobs that wait at the same time share a message, since waking a thread is dear. */
export interface PoolMessage<Request> {
  readonly requests: readonly Request[]
}
export type PoolAnswer<Response> =
  | { readonly response: Response }
  /** `broken`: the thread is of no use any more */
  | { readonly failure: string; readonly broken: boolean }

/**
 * MiB of what is young in a thread. Small documents cost the same with 4 and with 16, which a thread that reads them holds all the time; one of
 * 100 KB, as it is still being read when it is to be moved among what lasts, costs a fifth more with 4, and a twentieth with 8.
 */
const NURSERY = { small: 8, any: 16 }
/** small jobs in one message */
const BATCH = 16
/** ms from a thread that could not be started to the next try, where others would do */
const RECOVERY = 1_000

/**
 * Threads for work on strangers' bytes, with a deadline and a memory bound. A thread that overruns either is ended and
 * replaced. Jobs that were with it are tried again, each alone: only the one that is at fault fails. A thread holds some 35 MiB: all but
 * the one for small jobs are started when there is work for them, and ended when there has been none for a while.
 */
export class WorkerPool<Request, Response> implements AsyncDisposable {
  readonly #options: PoolOptions
  readonly #slots: Slot<Request, Response>[]
  readonly #waiting: WaitingJobs<Request, Response>
  readonly #gathering: Gathering
  #closed = false
  #impatient: NodeJS.Timeout | undefined
  /** ms: until then no thread is started beside others that would do */
  #restUntil = 0

  constructor(options: PoolOptions) {
    this.#options = options
    this.#waiting = new WaitingJobs(options)
    this.#gathering = new Gathering(() => this.#dispatch(), options.apart?.gatherMs)
    this.#slots = Array.from({ length: options.size }, () => ({
      worker: undefined,
      ready: false,
      jobs: [],
      timer: undefined,
      since: 0,
    }))
  }

  /** Starts the thread for small jobs ahead of the first one, and waits until it is ready. */
  async warm(request: Request): Promise<void> {
    const slot = this.#slots.at(-1)
    if (slot !== undefined) this.#spawn(slot)
    await this.run(request, 0)
  }

  /**
   * Owners take turns. One that is `bounded` cannot fill the queue alone; of the others the caller keeps their jobs few. Rejects with
   * GatewayError `intake-timeout`, `intake-memory`, `intake-failed` (the job's own fault: it failed twice, alone), `intake-busy` (too
   * many wait) or `internal` (no thread can be started).
   */
  run(request: Request, weight: number, owner?: string, bounded = owner !== undefined): Promise<Response> {
    if (this.#closed) return Promise.reject(new GatewayError('intake-busy', 'The pool is closed.'))
    if (!this.#waiting.hasRoom(weight, owner, bounded)) return Promise.reject(new GatewayError('intake-busy'))
    const claimant = `${weight > this.#options.bigJob ? 'big' : 'small'} ${owner ?? ''}`
    return new Promise((resolve, reject) => {
      this.#waiting.add({ request, weight, owner, bounded, claimant, suspect: false, failed: false, resolve, reject })
      this.#gathering.came(this.#waiting.length)
    })
  }

  /** How many threads are there or being started. */
  get threads(): number {
    return this.#slots.filter(({ worker }) => worker !== undefined).length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    clearTimeout(this.#impatient)
    const closed = new GatewayError('intake-busy', 'The pool is closed.')
    for (const job of this.#waiting.remove(() => true)) job.reject(closed)
    await Promise.all(
      this.#slots.map((slot) => {
        for (const job of slot.jobs.splice(0)) job.reject(closed)
        return this.#end(slot)
      }),
    )
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (this.#waiting.length === 0) return
      if (!slot.ready || slot.jobs.length > 0) continue
      const idle = this.#options.apart ? 1 : this.#slots.filter(({ ready, jobs }) => ready && jobs.length === 0).length
      const share = Math.min(BATCH, Math.ceil(this.#waiting.length / idle))
      slot.jobs = this.#take((job) => this.#isFor(slot, job), share)
      if (slot.jobs.length > 0) this.#post(slot)
    }
    this.#grow()
    if (this.#isAlone(true) && this.#slots.at(-1)?.jobs.length !== 0) this.#lookAgain()
  }

  /** Starts a thread for what none of those that are there will take, or not soon, one after the other. */
  #grow(): void {
    for (const isBig of [false, true]) {
      const job = this.#waiting.find((waiting) => this.#isBig(waiting) === isBig)
      if (job === undefined) continue
      const others = this.#for(job)
      const isSoon = others.some(({ ready }) => !ready) || performance.now() < this.#restUntil
      if (others.length > 0 && isSoon) continue
      const slot = this.#slots.findLast((free) => free.worker === undefined && this.#isFor(free, job))
      if (slot !== undefined) this.#spawn(slot)
    }
  }

  /** The threads that are there, or being started, and may take this job. */
  #for(job: Job<Request, Response>): Slot<Request, Response>[] {
    return this.#slots.filter((slot) => slot.worker !== undefined && this.#isFor(slot, job))
  }

  /** The last slot is for small jobs only; the others are for small ones when that one does not have them for itself. */
  #isFor(slot: Slot<Request, Response>, job: Job<Request, Response>): boolean {
    const isLast = slot === this.#slots.at(-1)
    if (this.#isBig(job)) return !isLast || this.#slots.length === 1
    return isLast || !this.#isAlone(slot.worker === undefined)
  }

  /** Does one thread have the small jobs for itself? Longer where another thread would have to be started. */
  #isAlone(starting = false): boolean {
    const last = this.#slots.at(-1)
    const { apart } = this.#options
    if (apart === undefined || last?.ready !== true || this.#slots.length === 1) return false
    return last.jobs.length === 0 || performance.now() - last.since < (starting ? apart.startMs : apart.patienceMs)
  }

  /** What waits now must not wait for a job that takes its time. */
  #lookAgain(): void {
    this.#impatient ??= setTimeout(() => {
      this.#impatient = undefined
      this.#dispatch()
    }, this.#options.apart?.patienceMs).unref()
  }

  /**
   * One big or suspect job alone, or small ones: this thread's `share` of them, as far as they fit a message. They are answered together,
   * so that a message holds few milliseconds of work, and who has few jobs has them in the next one.
   */
  #take(mayTake: (job: Job<Request, Response>) => boolean, share: number): Job<Request, Response>[] {
    const { together } = this.#options
    const isAlone = (job: Job<Request, Response>) => job.suspect || this.#isBig(job)
    const running = this.#slots.flatMap(({ jobs }) => jobs.slice(0, 1))
    const first = this.#waiting.next(mayTake, running)
    if (first === undefined) return []
    const batch = [first]
    let { weight } = first
    while (!isAlone(first) && batch.length < share) {
      const next = this.#waiting.next((job) => !isAlone(job) && weight + job.weight <= together, running)
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
    const isForSmall = this.#slots.length > 1 && slot === this.#slots.at(-1)
    const maxYoungGenerationSizeMb = isForSmall ? NURSERY.small : NURSERY.any
    const worker = new Worker(this.#options.script, {
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMiB, maxYoungGenerationSizeMb },
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
      this.#rest(slot)
      this.#dispatch()
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
  }

  /** An idle thread must not keep a command alive, and is ended after a while unless it is the one for small jobs. */
  #rest(slot: Slot<Request, Response>): void {
    clearTimeout(slot.timer)
    slot.worker?.unref()
    if (slot !== this.#slots.at(-1)) slot.timer = setTimeout(() => void this.#end(slot), this.#options.idleMs).unref()
  }

  #post(slot: Slot<Request, Response>): void {
    const { worker, jobs } = slot
    if (worker === undefined) return
    worker.ref()
    slot.since = performance.now()
    this.#gathering.went(jobs.length)
    clearTimeout(slot.timer)
    this.#setDeadline(slot, this.#options.deadlineMs, true)
    worker.postMessage({ requests: jobs.map((job) => job.request) } satisfies PoolMessage<Request>)
  }

  /** For as long as this thread was too busy to look, or the machine stood still, it is put off once: that is no job's fault. */
  #setDeadline(slot: Slot<Request, Response>, ms: number, once: boolean): void {
    const due = performance.now() + ms
    slot.timer = setTimeout(() => {
      if (once) this.#setDeadline(slot, Math.min(performance.now() - due, ms), false)
      else this.#fail(slot, new GatewayError('intake-timeout'))
    }, ms)
  }

  #finish(slot: Slot<Request, Response>, answers: readonly PoolAnswer<Response>[]): void {
    const jobs = slot.jobs.splice(0)
    this.#rest(slot)
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
    this.#waiting.putBack(jobs)
  }

  /** The thread is lost, or never began: then no job of it is at fault. */
  #fail(slot: Slot<Request, Response>, error: GatewayError): void {
    const jobs = slot.jobs.splice(0)
    const { ready } = slot
    void this.#end(slot)
    if (ready) this.#judge(jobs, jobs.length === 1, error)
    else this.#leave(slot, error)
    if (!this.#closed) this.#gathering.came(this.#waiting.length)
  }

  /** Its thread could not be started: what no other is there for waits no longer. */
  #leave(slot: Slot<Request, Response>, error: GatewayError): void {
    this.#restUntil = performance.now() + RECOVERY
    const lost = this.#waiting.remove((job) => this.#isFor(slot, job) && this.#for(job).length === 0)
    for (const job of lost) job.reject(error)
  }

  async #end(slot: Slot<Request, Response>): Promise<void> {
    clearTimeout(slot.timer)
    const { worker } = slot
    slot.worker = undefined
    slot.ready = false
    if (worker !== undefined) await endThread(worker)
  }
}
