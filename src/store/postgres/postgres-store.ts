import type { Clock } from '../../clock.ts'
import { GatewayError } from '../../errors.ts'
import type { Tell } from '../../tell.ts'
import type { DestinationKind } from '../../vocabulary.ts'
import { directionCode } from '../coding/codes.ts'
import { formatId, parseId } from '../coding/ids.ts'
import { pagesOf } from '../coding/pages.ts'
import type { NewDelivery, Pause, Settlement, TraceEvent } from '../contract.ts'
import type { StoreNews } from '../news.ts'
import type { WholeStore } from '../whole-store.ts'
import { archiveRole } from './archive.ts'
import { createClaimable } from './candidates.ts'
import { createChanges } from './changes.ts'
import { createClaim } from './claim.ts'
import type { Place } from './connect.ts'
import { createDestinationCounts, createDestinations } from './destinations.ts'
import { createExchangeRows, exchangeReads } from './exchange-rows.ts'
import { createExchanges, exchangeWrites } from './exchanges.ts'
import { createFleet } from './fleet.ts'
import { createHandedOut } from './handed-out.ts'
import { createInsert, FIND } from './insert.ts'
import { createInstance, FORGET, newOwner } from './instances.ts'
import { createIntake } from './intake.ts'
import { createKeys } from './keys.ts'
import { createLeases } from './leases.ts'
import { migrate } from './migrate.ts'
import { createOperator } from './operator.ts'
import { createPrune } from './prune.ts'
import { createQueue } from './queries.ts'
import { createReader } from './reader.ts'
import { createMemoryRows } from './seen-items.ts'
import { createSettle } from './settle.ts'
import { createSigns } from './signs.ts'
import { type Db, one, run } from './sql.ts'
import { createTables } from './tables.ts'
import { createTraceRows } from './trace.ts'
import { createTraceWeeks } from './trace-weeks.ts'
import { Writer } from './writer.ts'
import type { Hurry, Touches } from './writer-jobs.ts'

interface StoreOptions {
  readonly at: Place
  readonly tell: Tell<StoreNews>
  readonly clock: Clock
  /** of this program */
  readonly version?: string
  /** ms for a transaction, or for a question [15000] */
  readonly patience?: number
  /** ms after which whoever waits to be taken in is told that it cannot be for now [6000] */
  readonly hurry?: number
  /** for tests: shows no more that it lives, as after a crash */
  readonly crashed?: AbortSignal
}

const PATIENCE = 15_000
/** Longer than a gateway that stands still keeps what it has locked (writer.ts). */
const HURRY = 6_000

/**
 * Opens the store for a gateway, one of those that may work on it: made when absent. Rejects with GatewayError 'store-unavailable' or
 * 'store-corrupt' as `migrate` has it.
 */
export async function openGatewayStore(options: StoreOptions): Promise<WholeStore> {
  const { version, ours } = await migrate(options.at, { create: true })
  if (version > ours) options.tell('store-newer', { version, ours })
  const { store, instance, makeWeeks } = create(options)
  try {
    await instance.start()
    await makeWeeks(options.clock.now())
  } catch (error) {
    await store[Symbol.asyncDispose]()
    throw error
  }
  return store
}

/** Opens the store beside gateways that may be running, for the commands: an absent one is 'store-unavailable'. */
export async function openBeside(options: StoreOptions): Promise<WholeStore> {
  await migrate(options.at, { create: false })
  return create(options).store
}

function create({ at, tell, clock, version = '', patience = PATIENCE, hurry = HURRY, crashed }: StoreOptions) {
  const owner = newOwner()
  const reader = createReader(at, patience)
  const signs = createSigns(at, owner, patience, reader)
  const changes = createChanges(at, signs.db, owner)
  /** the writer's, which needs what is made with it */
  const own: Db = { query: (...asked) => writer.db.query(...asked) }
  const keys = createKeys(own, clock)
  const destinations = createDestinations(own, keys.forget)
  const forced = one<{ now: string; number: string }>(own, FORCED)
  const forget = () => {
    keys.forget()
    destinations.forget()
  }
  const hooks = {
    async begun(touches: readonly Touches[]) {
      forget()
      const [commits] = await Promise.all([forced(), destinations.lock(touches)])
      if (commits === undefined || !LASTING.includes(commits.now)) {
        throw new GatewayError('store-unavailable', `The server commits with synchronous_commit = ${commits?.now}.`)
      }
      return commits.number
    },
    committing: destinations.flush,
    undone: forget,
  }
  const done = (writes: number, ms: number) => tell('store-committed', { writes, seconds: ms / 1000 })
  const writer: Writer = new Writer(at, hooks, { patience, done })
  const tables = createTables(own, clock, { owner, keys, destinations })
  const { memory, trail } = tables
  const { forgetEach } = tables.archive
  const insert = createInsert(tables)
  const intake = createIntake(tables, insert)
  const exchanges = createExchanges(tables, insert)
  const leases = createLeases(tables)
  const claim = createClaim(tables, leases)
  const settle = createSettle(tables, exchanges)
  const operator = createOperator(tables)
  const prune = createPrune(tables, operator)
  const touch = run(own, 'UPDATE probe SET at = $1 WHERE id = 1')
  const bury = run(own, FORGET)
  const { db, read } = reader
  const queue = createQueue(db)
  const remembered = createMemoryRows(db)
  const told = createTraceRows(db)
  const weeks = createTraceWeeks(db)
  const makeWeeks = (now: number) => read(() => weeks.make(now))
  const counts = createDestinationCounts(db)
  const find = one<{ seq: number }>(db, FIND)
  const claimable = createClaimable(db)
  const submit = <T>(work: () => Promise<T>, touches?: Touches) => writer.submit(work, touches)

  /** What others may have to act upon. */
  async function submitNews<T>(work: () => Promise<T>, touches?: Touches, hurried?: Hurry): Promise<T> {
    const result = await writer.submit(work, touches, hurried)
    changes.tell('anything')
    return result
  }

  /** Taken in, or back, and nobody knows: whose it is, here or elsewhere, has to look. */
  const late = () => {
    changes.tell('anything')
    changes.tellOurselves()
  }
  const handedOut = createHandedOut({
    now: () => clock.now(),
    carryOut(request, unheard) {
      const work = () => claim(request, unheard && { ...unheard, known: handedOut.ids() })
      return submit(work, { destinations: [request] })
    },
    tookBack: late,
  })
  // a sender waits for these
  const soon: Hurry = { ms: hurry, late }
  const readSoon = <T>(query: () => Promise<T>) => read(query, hurry)
  const submitSoon = <T>(work: () => Promise<T>) => submitNews(work, {}, soon)
  const hold = (kind: DestinationKind, name: string, pause: Pause | null, trace: readonly TraceEvent[]) =>
    submitNews(async () => {
      const isDone = await destinations.pause(await destinations.require(kind, name), pause)
      if (isDone) await trail.add(trace)
      return isDone
    })
  const fleet = createFleet(signs.db, owner, () => changes.tell('roster'))
  const instance = createInstance({
    ...{ signs, owner, version, crashed },
    async bury(ids) {
      const released = await submit(async () => {
        if (ids.length > 0) await bury(ids)
        return leases.releaseDead()
      })
      if (ids.length + released === 0) return
      changes.tell('anything')
      changes.tell('roster')
      changes.tellOurselves()
    },
  })
  let closing: Promise<void> | undefined
  async function close(): Promise<void> {
    handedOut[Symbol.dispose]()
    await instance[Symbol.asyncDispose]()
    await writer.close()
    await changes[Symbol.asyncDispose]()
    await signs[Symbol.asyncDispose]()
    await reader[Symbol.asyncDispose]()
  }
  tell('store-opened', { path: `PostgreSQL, schema ${at.schema}` })

  const store: WholeStore = {
    async accept(envelope, trace = []) {
      const touches = { destinations: envelope.deliveries }
      const accepted = await writer.submitFused(intake, { envelope, trace }, touches, soon)
      const waiting = envelope.deliveries.filter(({ state }) => state === 'pending')
      if (accepted.outcome === 'accepted' && waiting.length > 0) changes.tell(isDue(waiting) ? waiting : 'anything')
      return accepted
    },
    findEnvelope: (direction, source, digest) =>
      readSoon(async () => {
        const row = await find(digest, source, directionCode(direction))
        return row && { id: formatId(row.seq) }
      }),
    async claim(request) {
      // a transaction that locks and takes nothing is forced to disk as any other
      const isWorthIt = request.limit > 0 && (handedOut.isInDoubt(request) || (await read(() => claimable(request))))
      return isWorthIt ? handedOut.claim(request) : []
    },
    async settle(settlements, trace = []) {
      const isNews = await writer.submitFused(settle, { settlements, trace }, { deliveries: settlements.map(keyOf) })
      handedOut.settled(settlements.map(({ id }) => id))
      if (isNews) changes.tell('anything')
      else changes.tellLater()
    },
    releaseLeases: () =>
      submitNews(async () => {
        await leases.clockWentBack(clock.now())
        return leases.releaseAll()
      }),
    clockWentBack: (now) => submitNews(() => leases.clockWentBack(now)),
    sourcesOf: (item, variant) => read(() => remembered.sourcesOf(item, variant)),
    seen: ({ topic, itemId, digest }) => read(() => remembered.seen(topic, itemId, digest)),
    seenIds: (topic, itemIds) => read(() => remembered.seenIds(topic, itemIds)),
    markSeen: (items) => submit(() => memory.mark(items)),
    cursor: (topic) => read(() => remembered.cursor(topic)),
    findPayload: (kind, destination, item, sources) => read(() => queue.findPayload(kind, destination, item, sources)),
    record: (trace, share) =>
      writer.submit(
        async () => {
          if (share !== undefined) return trail.addWithin(share, trace)
          await trail.add(trace)
          return 0
        },
        {},
        soon,
      ),
    trace: (incident) => read(() => told.of(incident)),
    list: (filter = {}) => read(() => queue.list(filter)),
    pages: (filter = {}) =>
      pagesOf(
        () => read(() => queue.bounds(filter)),
        (bounds, stretch) => read(() => queue.page(filter, bounds, stretch)),
      ),
    tally: (...asked) => read(() => queue.tally(...asked)),
    leftOut: (filter = {}) => read(() => queue.leftOut(filter)),
    show: (id) => read(() => queue.show(id)),
    traced: (events, position) => read(() => told.behind(position, events)),
    retry: (id, now, trace) => submitNews(() => operator.retry(id, now, trace), { deliveries: [keyOf({ id })] }),
    discard: (id, now, trace) => submitNews(() => operator.discard(id, now, trace), { deliveries: [keyOf({ id })] }),
    pause: (kind, destination, pause, trace = []) => hold(kind, destination, pause, trace),
    resume: (kind, destination, trace = []) => hold(kind, destination, null, trace),
    backlog: () => read(queue.backlog),
    unsettled: (kind, destination, origin) => readSoon(() => counts.unsettled(kind, destination, origin)),
    unsettledBytes: (kind, origin) => readSoon(() => counts.unsettledBytes(kind, origin)),
    async probe() {
      await submit(() => touch(clock.now()))
    },
    onChange: changes.on,
    lease: (name, ms) => signs.read(() => fleet.lease(name, ms)),
    endLease: (name) => signs.read(() => fleet.endLease(name)),
    enlist: (name, ms, without) => signs.read(() => fleet.enlist(name, ms, without)),
    leave: (name) => signs.read(() => fleet.leave(name)),
    roster: (name) => signs.read(() => fleet.roster(name)),
    mark: () => signs.read(() => fleet.mark()),
    gateways: () => signs.read(() => fleet.gateways()),
    async prune(now, steps = 50, trace = undefined) {
      await makeWeeks(now)
      let gone = await read(() => weeks.drop(now))
      for (const step of prune) {
        for (let round = 0; round < steps; round++) {
          const { dropped, more } = await submit(() => step(now, trace))
          gone += dropped
          if (!more) break
        }
      }
      return gone
    },
    ...archiveRole(tables.archive, [db, own], read, submit, (asked) => writer.submitFused(forgetEach, asked)),
    ...exchangeReads(createExchangeRows(db), readSoon),
    ...exchangeWrites(exchanges, submitSoon, submitNews),
    [Symbol.asyncDispose]: () => (closing ??= close()),
  }
  return { store, instance, makeWeeks }
}

/** What a COMMIT waits for at least: our own disk, and that of the standby where there is a synchronous one. */
const LASTING = ['on', 'remote_apply']
const FORCED = `SELECT CASE WHEN current_setting('synchronous_commit') = ANY ('{${LASTING.join()}}')
  THEN current_setting('synchronous_commit') ELSE set_config('synchronous_commit', 'on', true) END AS now,
  pg_current_xact_id()::text AS number`

function keyOf({ id }: Pick<Settlement, 'id'>): number {
  return parseId(id) ?? -1
}

/** Each at once, so that whoever hears of them need not look for when. */
function isDue(deliveries: readonly NewDelivery[]): boolean {
  return deliveries.every(({ group, notBefore }) => group === undefined && notBefore === undefined)
}
