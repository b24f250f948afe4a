import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../errors.ts'
import { concernsAll, isBusy, storeError } from './faults.ts'

export interface TransactionHooks {
  /** first thing inside each transaction */
  begun(): void
  /** last thing inside each transaction */
  committing(): void
  /** whatever was remembered from inside the transaction is untrue */
  undone(): void
}

interface Job {
  readonly work: () => unknown
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

/**
 * All writes asked for in one turn of the event loop share one transaction, and so one fsync. A job runs inside the
 * transaction and may run twice (when another job of its batch failed): it must do nothing but SQL. What it returns is given
 * out after the commit. A job that throws undoes itself only.
 */
export class GroupCommit {
  readonly #db: DatabaseSync
  readonly #hooks: TransactionHooks
  readonly #patience: number
  #queue: Job[] = []
  #scheduled = false
  #closed = false

  /** `patience`: ms to wait for another process's lock before giving up */
  constructor(db: DatabaseSync, hooks: TransactionHooks, patience: number) {
    this.#db = db
    this.#hooks = hooks
    this.#patience = patience
  }

  /** Resolves once the job's changes are on disk. Rejects with a GatewayError, and then it has changed nothing. */
  submit<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new GatewayError('store-unavailable', 'The store is closed.'))
    return new Promise<T>((resolve, reject) => {
      const job = { work, resolve: resolve as (value: unknown) => void, reject, since: performance.now(), alone: false }
      this.#queue.push(job)
      this.#schedule()
    })
  }

  /** Commits what waits and takes no more. */
  close(): void {
    this.#closed = true
    while (this.#queue.length > 0 && this.#flush());
    for (const job of this.#queue.splice(0)) {
      job.reject(new GatewayError('store-unavailable', 'The store is locked by another process.'))
    }
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    this.#scheduled = false
    if (this.#queue.length === 0) return
    if (this.#flush()) {
      if (this.#queue.length > 0) this.#schedule()
      return
    }
    this.#scheduled = true
    setTimeout(() => this.#turn(), LOOK_AGAIN)
  }

  /** One transaction. False when another process holds the lock and the jobs may still wait for it. */
  #flush(): boolean {
    try {
      this.#db.exec('BEGIN IMMEDIATE')
    } catch (error) {
      if (isBusy(error) && performance.now() - this.#queue[0]!.since < this.#patience) return false
      this.#undo()
      this.#fail(this.#queue.splice(0), error)
      return true
    }
    const batch: Job[] = []
    const results: unknown[] = []
    try {
      this.#hooks.begun()
      const start = performance.now()
      for (const job of this.#queue) {
        if (batch.length > 0 && (job.alone || batch.length >= LARGEST || performance.now() - start > BUDGET)) break
        batch.push(job)
        results.push(job.work())
        if (job.alone) break
      }
      this.#hooks.committing()
      this.#db.exec('COMMIT')
    } catch (error) {
      this.#undo()
      this.#queue.splice(0, batch.length)
      if (batch.length <= 1 || concernsAll(error)) this.#fail(batch, error)
      else {
        for (const job of batch) job.alone = true
        this.#queue.unshift(...batch)
      }
      return true
    }
    this.#queue.splice(0, batch.length)
    for (const [index, job] of batch.entries()) job.resolve(results[index])
    return true
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
