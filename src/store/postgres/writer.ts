import { setTimeout as sleep } from 'node:timers/promises'
import type { ISql } from 'postgres'
import { GatewayError } from '../../errors.ts'
import {
  ask,
  assertThere,
  drop,
  inTransaction,
  isOfConnection,
  openSessions,
  type Place,
  type Sessions,
} from './connect.ts'
import { concernsAll, isTransactionFault, storeError } from './faults.ts'
import { inTime } from './in-time.ts'
import type { Db } from './sql.ts'
import { cameLate, type Fused, type Hurry, hurried, type Job, type Touches } from './writer-jobs.ts'

interface TransactionHooks {
  /** first thing inside each transaction; resolves with its number at the server */
  begun(touches: readonly Touches[]): Promise<string>
  /** last thing inside each transaction */
  committing(): Promise<void>
  /** whatever was remembered from inside the transaction is untrue */
  undone(): void
}

interface WriterOptions {
  /** ms that a transaction may take before its connection is given up */
  readonly patience: number
  /** So many writes are committed; `ms` since the first of them was asked for. */
  readonly done: (writes: number, ms: number) => void
}

/** ms of work after which a batch commits what it has */
const BUDGET = 50
const LARGEST = 256
const MOST_TRIES = 6

const BECAME = `SELECT pg_xact_status($1::text::xid8) AS status, set_config('synchronous_commit',
    CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, true),
  pg_logical_emit_message(true, 'iodef-gateway', '')`

/** ms between two questions what became of a transaction, and how many */
const DOUBT = 500
const DOUBTS = 20

/**
 * ms that the server waits for the next statement of a transaction: what it locked is kept from every other gateway, and one that stands
 * still, or whose machine is gone, says nothing. Less than the 6 s after which the others count it as dead.
 */
const STILL = 5_000

/** SyncRepWaitForLSN: somebody ended the wait for the standby, and what was committed may be on one machine only. */
const WARNED = '01000'

/**
 * One connection through which everything is written that this process writes, in the order in which it was asked for. What is asked for
 * while a transaction is under way shares the next one. A job runs inside the transaction and may run twice (when another job of its
 * batch failed): it must do nothing but SQL. What it returns is given out once it is committed. A job that throws undoes itself only.
 *
 * No `statement_timeout`: it would end the wait of a COMMIT for its standby, which then counts as done. A transaction that takes too
 * long loses its connection instead, and nobody is told that it was written.
 */
export class Writer {
  readonly #place: Place
  readonly #hooks: TransactionHooks
  readonly #options: WriterOptions
  #sessions: Sessions
  #tx: ISql | undefined
  #queue: Job[] = []
  #working: Promise<void> | undefined
  #refusal: GatewayError | undefined
  #warned = false
  /** number of the transaction under way */
  #number = ''
  /** so many at the front of the queue may be in it */
  #taken = 0
  /** how many there were: one that was given up goes on beside the next, and has no say in that */
  #turn = 0

  constructor(place: Place, hooks: TransactionHooks, options: WriterOptions) {
    this.#place = place
    this.#hooks = hooks
    this.#options = options
    this.#sessions = this.#open()
  }

  /** Of the transaction under way: for hooks and jobs. */
  readonly db: Db = {
    query: (text, values, once) => {
      if (this.#tx === undefined) throw new Error('there is no transaction under way')
      assertThere(this.#sessions)
      return ask(this.#tx, text, values, once)
    },
  }

  /** Resolves once the job's changes are committed. Rejects with a GatewayError. */
  submit<T>(work: () => Promise<T>, touches: Touches = {}, hurry?: Hurry): Promise<T> {
    return this.submitFused(async () => [await work()], undefined, touches, hurry)
  }

  /** The same; jobs with the same `work` that stand behind each other are done by one call of it. */
  submitFused<In, Out>(work: Fused<In, Out>, asked: In, touches: Touches = {}, hurry?: Hurry): Promise<Out> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal)
    const { promise, resolve, reject } = Promise.withResolvers<Out>()
    const job: Job = {
      work: work as Fused<unknown, unknown>,
      asked,
      touches,
      resolve: resolve as (value: unknown) => void,
      reject,
      since: performance.now(),
      alone: false,
      met: 0,
      late: undefined,
    }
    this.#queue.push(job)
    this.#working ??= this.#work()
    return hurry === undefined ? promise : hurried(job, promise, hurry, () => this.#forget(job))
  }

  /** Unless it is under way. */
  #forget(job: Job): void {
    const place = this.#queue.indexOf(job)
    if (place >= this.#taken) this.#queue.splice(place, 1)
  }

  /** Takes no more; resolves when what waits is committed, or has failed. */
  async close(): Promise<void> {
    this.#refusal ??= new GatewayError('store-unavailable', 'The store is closed.')
    await this.#working
    await this.#sessions.sql.end({ timeout: 1 })
  }

  #open(): Sessions {
    const onWarning = (code: string) => {
      if (code === WARNED) this.#warned = true
    }
    const parameters = { lock_timeout: 10_000, idle_in_transaction_session_timeout: STILL }
    return openSessions(this.#place, { name: 'writes', sessions: 1, onWarning, parameters })
  }

  /**
   * The connection was lost over its COMMIT: the server knows what became of it, or the one that took its place. One that crashed as it
   * waited for its standby calls it committed, and may be the only one that has it: so we write something behind it, which the standby has
   * to have, too.
   */
  async #wasCommitted(turn: number): Promise<boolean> {
    for (let tries = 0; tries < DOUBTS && turn === this.#turn; tries++) {
      this.#renew()
      try {
        const status = await inTransaction(this.#sessions, async (tx) => {
          const [row] = await tx.unsafe<{ status: string | null }[]>(BECAME, [this.#number])
          return row?.status
        })
        if (status !== 'in progress') return status === 'committed' && turn === this.#turn
      } catch {
        // not back yet
      }
      await sleep(DOUBT)
    }
    return false
  }

  #renew(): void {
    drop(this.#sessions)
    this.#sessions = this.#open()
  }

  async #work(): Promise<void> {
    // what is asked for in this turn of the event loop shares the first transaction
    await new Promise(setImmediate)
    while (this.#queue.length > 0) await this.#transaction()
    this.#working = undefined
  }

  async #transaction(): Promise<void> {
    const batch: Job[] = []
    const results: unknown[] = []
    try {
      await inTime(this.#options.patience, 'a transaction', this.#carryOut(batch, results))
    } catch (error) {
      this.#turn += 1
      this.#hooks.undone()
      this.#tx = undefined
      this.#taken = 0
      this.#giveBack(batch, error)
      return
    }
    this.#tx = undefined
    this.#taken = 0
    const [first] = this.#queue.splice(0, batch.length)
    for (const [index, job] of batch.entries()) {
      job.resolve(results[index])
      job.late?.()
    }
    const ms = performance.now() - (first?.since ?? 0)
    // what it throws is its own: these are committed
    queueMicrotask(() => this.#options.done(batch.length, ms))
  }

  /**
   * Jobs from the front of the queue, as many as there is time for; the last of `batch` may be the one that throws. Where what they touch
   * cannot be locked, it may be the doing of any of them, and of nobody behind them.
   */
  async #carryOut(batch: Job[], results: unknown[]): Promise<void> {
    const turn = this.#turn
    this.#warned = false
    if (this.#sessions.isLost()) this.#renew()
    await inTransaction(
      this.#sessions,
      async (tx) => {
        this.#tx = tx
        const [head] = this.#queue
        const jobs = head?.alone ? [head] : this.#queue.slice(0, LARGEST).filter((job) => !job.alone)
        batch.push(...jobs)
        this.#taken = jobs.length
        this.#number = await this.#hooks.begun(jobs.map(({ touches }) => touches))
        if (!head?.alone) jobs.push(...cameLate(jobs, this.#queue.slice(jobs.length, LARGEST)))
        if (turn === this.#turn) this.#taken = jobs.length
        batch.length = 0
        // from here on: what another gateway had locked was waited for
        const start = performance.now()
        while (batch.length < jobs.length && (batch.length === 0 || performance.now() - start <= BUDGET)) {
          const { work } = jobs[batch.length]!
          const end = jobs.findIndex((job, n) => n > batch.length && job.work !== work)
          const same = jobs.slice(batch.length, end < 0 ? jobs.length : end)
          batch.push(...same)
          results.push(...(await work(same.map(({ asked }) => asked))))
        }
        await this.#hooks.committing()
      },
      () => this.#wasCommitted(turn),
    )
    if (this.#warned)
      throw new GatewayError(
        'store-unavailable',
        'The wait for the standby was ended: nobody knows whether it has what was written.',
      )
  }

  /** Undone: they fail, or each is tried again by itself where it may be the doing of one of them. */
  #giveBack(batch: readonly Job[], error: unknown): void {
    // one that hangs, or is half gone, is not used again; of those that wait in the server, the next may be
    if (isOfConnection(error)) this.#renew()
    // where it is no job's doing, nothing can begin
    const jobs = this.#queue.splice(0, batch.length || this.#queue.length)
    const again = isTransactionFault(error)
    if (again || (batch.length > 1 && !concernsAll(error))) {
      for (const job of jobs) {
        job.alone = true
        if (again) job.met += 1
      }
      const left = jobs.filter(({ met, late }) => met < MOST_TRIES && late === undefined)
      this.#queue.unshift(...left)
      for (const job of jobs) if (job.met >= MOST_TRIES) job.reject(storeError(error))
      return
    }
    for (const job of jobs) job.reject(storeError(error))
  }
}
