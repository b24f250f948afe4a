import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../clock.ts'
import type { GatewayError } from '../../errors.ts'
import type { Tell } from '../../tell.ts'
import type { DestinationKind } from '../../vocabulary.ts'
import { pagesOf } from '../coding/pages.ts'
import type { Pause, TraceEvent } from '../contract.ts'
import type { StoreNews } from '../news.ts'
import type { WholeStore } from '../whole-store.ts'
import { alone } from './alone.ts'
import { archiveRole } from './archive.ts'
import { createChanges } from './changes.ts'
import { checkpointInBackground } from './checkpoints.ts'
import { createClaims } from './claim.ts'
import { type ConnectOptions, connect } from './connect.ts'
import { createExchangeRows, exchangeReads } from './exchange-rows.ts'
import { createExchanges, exchangeWrites } from './exchanges.ts'
import { type Disk, openDisk } from './fsync.ts'
import { GroupCommit, type TransactionHooks } from './group-commit.ts'
import { openedBeside, read } from './guarded.ts'
import { createInsert } from './insert.ts'
import { createLastingLeases } from './lasting-leases.ts'
import { lockStore } from './lock.ts'
import { createOperator } from './operator.ts'
import { createPrune } from './prune.ts'
import { createQueue } from './queries.ts'
import { createSettle } from './settle.ts'
import { one, run } from './sql.ts'
import { createTables } from './tables.ts'

export interface StoreOptions {
  readonly path: string
  readonly tell: Tell<StoreNews>
  readonly clock: Clock
  /** ms to wait for another process that writes [5000]; the thread is free meanwhile */
  readonly patience?: number
  /** for tests: how the database is opened */
  readonly connect?: (options: ConnectOptions) => DatabaseSync
}

/**
 * Opens the gateway's store, made when absent: file mode 0600. Rejects with GatewayError 'store-unavailable' (no room, no
 * permission, locked) or 'store-corrupt' (not a store, or one of a newer version).
 */
export async function openStore(options: StoreOptions): Promise<WholeStore> {
  return create(options, { path: options.path, create: true, busyMs: 15 })
}

export interface GatewayStoreOptions extends StoreOptions {
  /** The disk failed: what is taken in as written may not last. The store refuses everything from now on; only a restart helps. */
  readonly lost?: (error: GatewayError) => void
  /** for tests: how what is committed is forced to disk */
  readonly disk?: (path: string) => Disk
}

/** ms */
const PATIENCE = 5000

/** a lease need not last: every start ends them all */
const LEASES = { lasting: false }

/** pages (4 KiB) of write-ahead log that a commit leaves to the thread that makes checkpoints */
const LEFT_TO_THREAD = 16_384

/**
 * openStore for a running gateway: the only one on this store (else 'store-unavailable'), and checkpoints are made in a thread
 * of their own.
 */
export async function openGatewayStore(options: GatewayStoreOptions): Promise<WholeStore> {
  const { path, tell, disk = openDisk, patience = PATIENCE } = options
  await using opened = new AsyncDisposableStack()
  // first: opening it changes it
  opened.use(lockStore(path))
  const file = { path, create: true, busyMs: 15, checkpointPages: LEFT_TO_THREAD, forcedApart: { patience } }
  const store = opened.use(create(options, file, { ...options, disk }))
  opened.use(checkpointInBackground(path, tell))
  const all = opened.move()
  return { ...store, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** Opens the store beside a running gateway, for the queue and trace commands: an absent one is 'store-unavailable'. */
export async function openQueue(options: StoreOptions): Promise<WholeStore> {
  return create(options, { path: options.path, create: false, busyMs: 1000 })
}

function create(
  { clock, tell, patience = PATIENCE, connect: open = connect }: StoreOptions,
  options: ConnectOptions,
  { disk: openDisk, lost }: Pick<GatewayStoreOptions, 'disk' | 'lost'> = {},
): WholeStore {
  const upgrading = (version: number) =>
    tell('store-upgrading', { path: options.path, version, bytes: statSync(options.path).size })
  const db = open({ ...options, upgrading })
  const disk = openDisk && openedBeside(db, () => openDisk(options.path))
  const tables = createTables(db, clock)
  const { leases, ahead, destinations, incidents, sequence, memory, trail } = tables
  const insert = createInsert(tables)
  const exchanges = createExchanges(tables, insert)
  const questions = createExchangeRows(db)
  const claims = createClaims(tables)
  const settle = createSettle(tables)
  const operator = createOperator(tables)
  const queue = createQueue(tables)
  const prune = createPrune(tables, operator)
  const dataVersion = one<{ data_version: number }>(db, 'PRAGMA data_version')
  const latest = one<{ key: number }>(
    db,
    `SELECT max((SELECT coalesce(max(seq), 0) FROM envelope), (SELECT coalesce(max(seq), 0) FROM delivery),
       (SELECT coalesce(max(seq), 0) FROM body), (SELECT coalesce(max(seq), 0) FROM exchange),
       (SELECT coalesce(max(seq), 0) FROM record)) AS key`,
  )
  const touch = run(db, 'UPDATE probe SET at = ? WHERE id = 1')
  /** what others had written, when what is known by heart was last known to be true */
  let version = -1
  /** when it was last seen which keys they used */
  let sequenced = -1
  /** what an operator wants, or the clock, is on its way */
  let deciding = 0
  /** nothing was written when it was last tried: then nothing is to be sent either, of which nobody could keep what became of it */
  let isFaulty = false

  const currentVersion = () => read(() => dataVersion()!.data_version)
  /** What is known by heart is true of what is committed by now. */
  const refresh = (current = currentVersion()) => {
    if (current === version) return
    version = current
    forget()
  }
  const forget = () => {
    destinations.forget()
    incidents.forget()
    ahead.forget()
    questions.forget()
  }
  const known = <T>(query: () => T): T => {
    refresh()
    return read(query)
  }
  /** A million that wait take a second: the loop breathes meanwhile. */
  const sharesCounted = async () => {
    while (!known(destinations.prepareShares)) await setImmediate()
  }
  const changes = createChanges(clock, currentVersion)
  const hooks: TransactionHooks = {
    begun() {
      const current = dataVersion()!.data_version
      refresh(current)
      if (current !== sequenced) sequence.passed(latest()!.key)
      sequenced = current
      claims.write(leases.lasting(clock.now()))
    },
    committing() {
      destinations.flush()
    },
    committed() {
      isFaulty = false
      leases.committed()
    },
    undone() {
      isFaulty = true
      leases.undone()
      forget()
    },
  }
  const done = (writes: number, ms: number) => tell('store-committed', { writes, seconds: ms / 1000 })
  const writer = new GroupCommit(db, hooks, { patience, done, ...(disk && { sync: disk.sync }), ...(lost && { lost }) })
  const commit = () => writer.submit(() => undefined, LEASES)
  const lasting = createLastingLeases(leases, clock, commit)
  /** With what is being sent. Where that cannot be written it is shown as it is in the tables. */
  const shown = async <T>(query: () => T): Promise<T> => {
    if (leases.all().length > 0) await writer.submit(() => claims.write(), LEASES).catch(() => {})
    return read(query)
  }
  /** A claim that is asked for later knows what becomes of it. */
  const decide = <T>(work: () => T): Promise<T> => {
    deciding += 1
    const done = writer.submit(() => {
      ahead.forget()
      claims.write()
      return work()
    })
    return done.finally(() => {
      deciding -= 1
    })
  }
  const hold = (kind: DestinationKind, name: string, pause: Pause | null, trace: readonly TraceEvent[]) => {
    const done = destinations.pause(destinations.require(kind, name), pause)
    if (done) trail.add(trace)
    return done
  }
  tell('store-opened', { path: options.path })

  return {
    accept: (envelope, trace = []) => writer.submit(() => insert.accept(envelope, trace)),
    findEnvelope: async (direction, source, digest) => read(() => insert.find(direction, source, digest)),
    async claim(request) {
      const asks = writer.isClosed || isFaulty || deciding > 0
      const byHeart = asks ? undefined : known(() => claims.claimByHeart(request))
      if (byHeart === undefined) return writer.submit(() => claims.claim(request), LEASES)
      if (byHeart.length > 0) lasting.taken()
      return byHeart
    },
    settle: (settlements, trace = []) =>
      writer.submit(() => {
        for (const { id, to } of settle(settlements)) {
          if (to === 'delivered' || to === 'withheld') exchanges.settled(id, to, clock.now())
        }
        trail.add(trace)
      }),
    releaseLeases: () =>
      decide(() => {
        claims.clockWentBack(clock.now())
        return claims.releaseAll()
      }),
    clockWentBack: (now) => decide(() => claims.clockWentBack(now)),
    sourcesOf: async (item, variant) => read(() => memory.sourcesOf(item, variant)),
    seen: async ({ topic, itemId, digest }) => read(() => memory.seen(topic, itemId, digest)),
    seenIds: async (topic, itemIds) => read(() => memory.seenIds(topic, itemIds)),
    markSeen: (items) =>
      writer.submit(() => {
        for (const item of items) memory.mark(item)
      }),
    cursor: async (topic) => read(() => memory.cursor(topic)),
    findPayload: async (kind, destination, item, sources) =>
      read(() => queue.findPayload(kind, destination, item, sources)),
    record: (trace, share) =>
      writer.submit(() => {
        if (share !== undefined) return trail.addWithin(share, trace)
        trail.add(trace)
        return 0
      }),
    trace: async (incident) => read(() => trail.of(incident)),
    list: (filter = {}) => shown(() => queue.list(filter)),
    pages: (filter = {}) =>
      pagesOf(
        () => shown(() => queue.bounds(filter)),
        (bounds, stretch) => shown(() => queue.page(filter, bounds, stretch)),
      ),
    tally: (...asked) => shown(() => queue.tally(...asked)),
    leftOut: async (filter = {}) => read(() => queue.leftOut(filter)),
    show: (id) => shown(() => queue.show(id)),
    traced: async (events, position) => read(() => trail.behind(position, events)),
    retry: (id, now, trace) => decide(() => operator.retry(id, now, trace)),
    discard: (id, now, trace) => decide(() => operator.discard(id, now, trace)),
    pause: (kind, destination, pause, trace = []) => decide(() => hold(kind, destination, pause, trace)),
    resume: (kind, destination, trace = []) => decide(() => hold(kind, destination, null, trace)),
    async backlog() {
      return known(destinations.backlog)
    },
    async unsettled(kind, destination, origin) {
      if (origin !== undefined) await sharesCounted()
      return known(() => destinations.unsettled(kind, destination, origin))
    },
    async unsettledBytes(kind, origin) {
      await sharesCounted()
      return known(() => destinations.unsettledBytes(kind, origin))
    },
    async probe() {
      await writer.submit(() => touch(clock.now()))
    },
    onChange: changes.on,
    async prune(now, steps = 50, trace = undefined) {
      let gone = 0
      for (const step of prune) {
        for (let round = 0; round < steps; round++) {
          const { dropped, more } = await writer.submit(() => step(now, trace))
          gone += dropped
          if (!more) break
        }
      }
      return gone
    },
    ...alone('', clock.now()),
    ...archiveRole(tables.archive, read, (work) => writer.submit(work)),
    ...exchangeReads(questions, read),
    ...exchangeWrites(exchanges, (work) =>
      writer.submit(() => {
        questions.forget()
        return work()
      }),
    ),
    async [Symbol.asyncDispose]() {
      changes[Symbol.dispose]()
      lasting[Symbol.dispose]()
      if (!db.isOpen) return
      await writer.close()
      db.close()
      disk?.[Symbol.dispose]()
    },
  }
}
