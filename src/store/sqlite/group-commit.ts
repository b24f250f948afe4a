import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { GatewayError, messageOf } from '../../errors.ts'
import { concernsAll, isBusy, storeError } from './faults.ts'

export interface TransactionHooks {
  /** first thing inside each transaction */
  begun(): void
  /** last thing inside each transaction */
  committing(): void
  /** it is made: what was remembered from inside it is true */
  committed(): void
  /** whatever was remembered from inside the transaction is untrue */
  undone(): void
}

interface Job {
  readonly work: () => unknown
  /** false: it may be undone by a power cut, and is answered before it is on disk */
  readonly lasting: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (error: GatewayError) => void
  readonly since: number
  /** its batch failed for what one of them did: it is tried again by itself */
  alone: boolean
}

/** ms of work after which a batch commits what it has and lets the loop breathe */
const BUDGET = 10
const LARGEST = 256
/** ms between looks at another process's lock */
const LOOK_AGAIN = 10

/** A job that is committed, and what it is to be answered. */
interface Committed {
  readonly job: Job
  readonly result: unknown
}

export interface GroupCommitOptions {
  /** ms to wait for another process's lock before giving up */
  readonly patience: number
  /** Makes what is committed last; without it, committing does. */
  readonly sync?: () => Promise<void>
  /** `sync` failed: nobody knows what is on disk, and nothing is taken any more. */
  readonly lost?: (error: GatewayError) => void
  /** So many writes are on disk; `ms` since the first of them was asked for. */
  readonly done?: (writes: number, ms: number) => void
}

/**
 * All writes asked for in one turn of the event loop, or while the disk is busy, share one transaction and one `sync`: to commit earlier
 * would write the same pages again and again, and be on disk no sooner. Those that need not last do not wait for it. A job runs inside the transaction and may run twice (when another job of its batch failed): it must do nothing but
 * SQL. What it returns is given out once it lasts. A job that throws undoes itself only.
 */
export class GroupCommit {
  readonly #db: DatabaseSync
  readonly #hooks: TransactionHooks
  readonly #options: GroupCommitOptions
  #queue: Job[] = []
  #scheduled = false
  #refusal: GatewayError | undefined
  /** wait for the next `sync` */
  #committed: Committed[] = []
  #syncing: Promise<void> | undefined

  constructor(db: DatabaseSync, hooks: TransactionHooks, options: GroupCommitOptions) {
    this.#db = db
    this.#hooks = hooks
    this.#options = options
  }

  /**
   * Resolves once the job's changes are on disk; not `lasting`: once they are made. Rejects with a GatewayError, and then it has
   * changed nothing, unless the disk itself failed.
   */
  submit<T>(work: () => T, { lasting = true } = {}): Promise<T> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    return new Promise<T>((resolve, reject) => {
      const since = performance.now()
      this.#queue.push({ work, lasting, resolve: resolve as (value: unknown) => void, reject, since, alone: false })
      this.#schedule()
    })
  }

  /** Nothing is taken any more. */
  get isClosed(): boolean {
    return this.#refusal !== undefined
  }

  /** Takes no more; resolves when what waits is on disk. */
  async close(): Promise<void> {
    this.#refusal ??= new GatewayError('store-unavailable', 'The store is closed.')
    // another process's lock is waited for as ever: no longer than there is patience
    while (this.#queue.length > 0) if (!this.#flush()) await sleep(LOOK_AGAIN)
    await this.#syncing
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    this.#scheduled = false
    // behind the sync that is under way there is another turn
    if (this.#queue.length === 0 || this.#canWait()) return
    if (this.#flush()) {
      if (this.#queue.length > 0) this.#schedule()
      return
    }
    this.#scheduled = true
    setTimeout(() => this.#turn(), LOOK_AGAIN)
  }

  #canWait(): boolean {
    return this.#syncing !== undefined && this.#queue.length < LARGEST && this.#queue.every(({ lasting }) => lasting)
  }

  /** One transaction. False when another process holds the lock and the jobs may still wait for it. */
  #flush(): boolean {
    const begun = this.#begin()
    if (begun !== 'begun') return begun === 'failed'
    const batch: Job[] = []
    const results: unknown[] = []
    try {
      this.#hooks.begun()
      this.#carryOut(batch, results)
      this.#hooks.committing()
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#undo()
      this.#giveBack(batch, error)
      return true
    }
    this.#hooks.committed()
    this.#queue.splice(0, batch.length)
    this.#answer(batch, results)
    return true
  }

  #begin(): 'begun' | 'busy' | 'failed' {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
      return 'begun'
    } catch (error) {
      if (isBusy(error) && performance.now() - this.#queue[0]!.since < this.#options.patience) return 'busy'
      this.#undo()
      this.#fail(this.#queue.splice(0), error)
      return 'failed'
    }
  }

  /** Jobs from the front of the queue, as many as there is time for; the last of `batch` may be the one that throws. */
  #carryOut(batch: Job[], results: unknown[]): void {
    const start = performance.now()
    for (const job of this.#queue) {
      if (batch.length > 0 && (job.alone || batch.length >= LARGEST || performance.now() - start > BUDGET)) return
      batch.push(job)
      results.push(job.work())
      if (job.alone) return
    }
  }

  /** Undone: they fail, or each is tried again by itself where it may be the doing of one of them. */
  #giveBack(batch: readonly Job[], error: unknown): void {
    // where it is no job's doing, nothing can begin
    const jobs = this.#queue.splice(0, batch.length || this.#queue.length)
    if (batch.length <= 1 || concernsAll(error)) this.#fail(jobs, error)
    else {
      for (const job of jobs) job.alone = true
      this.#queue.unshift(...jobs)
    }
  }

  /** Committed: whoever asked for what lasts is answered when it does. */
  #answer(batch: readonly Job[], results: readonly unknown[]): void {
    for (const [index, job] of batch.entries()) {
      const result = results[index]
      if (!job.lasting || this.#options.sync === undefined) job.resolve(result)
      else this.#committed.push({ job, result })
    }
    if (this.#committed.length > 0) this.#syncing ??= this.#sync()
  }

  /** Until nothing committed waits. A `sync` counts for what was committed before it began. Never rejects. */
  async #sync(): Promise<void> {
    const { sync, lost, done } = this.#options
    while (this.#committed.length > 0) {
      const batch = this.#committed.splice(0)
      try {
        await sync?.()
        for (const { job, result } of batch) job.resolve(result)
        const ms = performance.now() - batch[0]!.job.since
        // what it throws is its own: these are on disk
        queueMicrotask(() => done?.(batch.length, ms))
      } catch (error) {
        // the system forgets what it could not write: a second try would succeed, and prove nothing
        const failure = new GatewayError('store-unavailable', `What was written may be lost: ${messageOf(error)}.`, {
          cause: error,
        })
        this.#refusal = failure
        for (const { job } of batch) job.reject(failure)
        this.#fail([...this.#committed.splice(0).map(({ job }) => job), ...this.#queue.splice(0)], failure)
        // so is what this throws
        queueMicrotask(() => lost?.(failure))
      }
    }
    this.#syncing = undefined
    if (this.#queue.length > 0) this.#schedule()
  }

  #fail(batch: readonly Job[], error: unknown): void {
    const failure = storeError(error)
    for (const job of batch) job.reject(failure)
  }

  #undo(): void {
    try {
      // SQLite has already rolled back by itself after some errors (disk full, I/O)
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
    } catch {
      // the error that led here is the one to tell; a transaction that cannot end fails the next BEGIN
    }
    this.#hooks.undone()
  }
}
