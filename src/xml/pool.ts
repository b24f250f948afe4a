import { Worker } from 'node:worker_threads'
import { GatewayError } from '../errors.ts'

export interface PoolOptions {
  readonly script: URL
  /** threads; one of them is kept free for small jobs, so that a big document never makes small ones wait */
  readonly size: number
  /** ms a job may take before its thread is ended */
  readonly deadlineMs: number
  /** MiB of JavaScript heap a thread may use */
  readonly heapMiB: number
  /** jobs that may wait */
  readonly maxWaiting: number
  /** weight (bytes) above which a job is big */
  readonly bigJob: number
  /** weight (bytes) after which a thread is replaced: WebAssembly memory never shrinks */
  readonly recycleAbove: number
}

interface Job<Request, Response> {
  readonly request: Request
  readonly weight: number
  resolve(response: Response): void
  reject(error: unknown): void
}

interface Slot<Request, Response> {
  worker: Worker | undefined
  ready: boolean
  job: Job<Request, Response> | undefined
  timer: NodeJS.Timeout | undefined
}

/**
 * Threads for work on strangers' bytes: one job at a time each, with a deadline and a memory bound. A thread that overruns
 * either is ended and replaced; only its own job fails.
 */
export class WorkerPool<Request, Response> implements AsyncDisposable {
  readonly #options: PoolOptions
  readonly #slots: Slot<Request, Response>[]
  readonly #waiting: Job<Request, Response>[] = []
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
    this.#slots = Array.from({ length: options.size }, () => ({
      worker: undefined,
      ready: false,
      job: undefined,
      timer: undefined,
    }))
  }

  /** Starts the threads ahead of the first job and waits until one is ready. */
  async warm(request: Request): Promise<void> {
    for (const slot of this.#slots) this.#spawn(slot)
    await this.run(request, 0)
  }

  /**
   * Rejects with GatewayError `intake-timeout`, `intake-memory` (the job's own fault), `intake-busy` (too many wait) or
   * `internal` (the thread failed).
   */
  run(request: Request, weight: number): Promise<Response> {
    if (this.#closed) return Promise.reject(new GatewayError('intake-busy', 'The pool is closed.'))
    if (this.#waiting.length >= this.#options.maxWaiting) return Promise.reject(new GatewayError('intake-busy'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, weight, resolve, reject })
      this.#dispatch()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const job of this.#waiting.splice(0)) job.reject(new GatewayError('intake-busy', 'The pool is closed.'))
    await Promise.all(
      this.#slots.map((slot) => this.#end(slot, new GatewayError('intake-busy', 'The pool is closed.'))),
    )
  }

  #dispatch(): void {
    for (let i = 0; i < this.#slots.length && this.#waiting.length > 0; i += 1) {
      const slot = this.#slots[i]
      if (slot === undefined || slot.job !== undefined) continue
      // the last slot is for small jobs only
      const smallOnly = i === this.#slots.length - 1 && this.#slots.length > 1
      const index = smallOnly ? this.#waiting.findIndex((job) => job.weight <= this.#options.bigJob) : 0
      const job = index < 0 ? undefined : this.#waiting.splice(index, 1)[0]
      if (job === undefined) continue
      slot.job = job
      if (slot.worker === undefined) this.#spawn(slot)
      slot.worker?.ref()
      if (slot.ready) this.#post(slot)
    }
  }

  #spawn(slot: Slot<Request, Response>): void {
    const worker = new Worker(this.#options.script, {
      resourceLimits: { maxOldGenerationSizeMb: this.#options.heapMiB },
      // a stranger's bytes have no business with the environment
      env: {},
    })
    slot.worker = worker
    slot.ready = false
    worker.on('message', (message: { ready: true } | { response: Response } | { failure: string }) => {
      if (slot.worker !== worker) return
      if ('ready' in message) {
        slot.ready = true
        if (slot.job !== undefined) this.#post(slot)
        else this.#dispatch()
        return
      }
      this.#finish(slot, message)
    })
    worker.on('error', (error: NodeJS.ErrnoException) => {
      if (slot.worker !== worker) return
      const code = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'intake-memory' : 'internal'
      void this.#end(slot, new GatewayError(code, undefined, { cause: error }))
    })
    worker.on('exit', () => {
      if (slot.worker === worker) void this.#end(slot, new GatewayError('internal', 'A reader thread ended.'))
    })
    // idle threads must not keep a command alive; one with a job is referenced again
    if (slot.job === undefined) worker.unref()
  }

  #post(slot: Slot<Request, Response>): void {
    const { worker, job } = slot
    if (worker === undefined || job === undefined) return
    slot.timer = setTimeout(() => void this.#end(slot, new GatewayError('intake-timeout')), this.#options.deadlineMs)
    worker.postMessage(job.request)
  }

  #finish(slot: Slot<Request, Response>, message: { response: Response } | { failure: string }): void {
    clearTimeout(slot.timer)
    const job = slot.job
    slot.job = undefined
    slot.worker?.unref()
    if ('response' in message) job?.resolve(message.response)
    else job?.reject(new GatewayError('internal', message.failure))
    if (job !== undefined && job.weight > this.#options.recycleAbove) void this.#end(slot)
    this.#dispatch()
  }

  async #end(slot: Slot<Request, Response>, error?: GatewayError): Promise<void> {
    clearTimeout(slot.timer)
    const { worker, job } = slot
    slot.worker = undefined
    slot.ready = false
    slot.job = undefined
    job?.reject(error)
    if (!this.#closed) this.#dispatch()
    await worker?.terminate()
  }
}
