import type { Clock } from '../../../src/clock.ts'
import { GatewayError, messageOf } from '../../../src/errors.ts'
import { isAskedFor } from '../../../src/iodef/incident-id.ts'
import type {
  ClaimRequest,
  Delivery,
  QueueFilter,
  Settlement,
  TraceEvent,
  TraceShare,
} from '../../../src/store/contract.ts'
import { alone } from '../../../src/store/sqlite/alone.ts'
import type { WholeStore as Store } from '../../../src/store/whole-store.ts'
import { EXCHANGE_STATES } from '../../../src/vocabulary.ts'
import { find, forget, unsee } from './archive.ts'

import { change, copyOf, type Data, emptyData, isOpen, type Kept, key, mark } from './data.ts'
import { alter, ask, knownAs, listed, settled, sharing } from './exchanges.ts'
import { take } from './intake.ts'
import { claimable, enough, lease, release } from './line.ts'
import { backlog, listed as inPages, leftOut, list, summary, tally, whole } from './shown.ts'

const DAY = 86_400_000

/** What one store keeps, and who has it open: as a file is to its processes. */
export class Memory {
  data = emptyData()
  readonly listeners = new Map<(change: 'anything') => void, MemoryStore>()
}

/**
 * The store's port in plain words: no index, no flag, every question answered from the whole list. It is the second implementer, so
 * that the contract is not what SQLite happens to do, and what the others are compared with. It stands among the tests because it
 * forgets: a gateway that acknowledges reports must not be able to run on it.
 */
export class MemoryStore implements Store {
  readonly #clock: Clock
  readonly #memory: Memory
  #closed = false

  constructor(clock: Clock, memory = new Memory()) {
    this.#clock = clock
    this.#memory = memory
  }

  /** All or nothing. */
  async #write<T>(work: (data: Data, now: number) => T): Promise<T> {
    this.#assertOpen()
    const next = copyOf(this.#memory.data)
    const result = attempt(() => work(next, this.#clock.now()))
    this.#memory.data = next
    for (const [listener, owner] of this.#memory.listeners) if (owner !== this) listener('anything')
    return result
  }

  async #read<T>(work: (data: Data) => T): Promise<T> {
    this.#assertOpen()
    return work(this.#memory.data)
  }

  #assertOpen(): void {
    if (this.#closed) throw new GatewayError('store-unavailable', 'The store is closed.')
  }

  readonly #alone = alone('', 0)
  lease = this.#alone.lease
  endLease = this.#alone.endLease
  enlist = this.#alone.enlist
  leave = this.#alone.leave
  roster = this.#alone.roster
  gateways = this.#alone.gateways
  mark = this.#alone.mark

  accept: Store['accept'] = (envelope, trace) => this.#write((data, now) => take(data, envelope, now, trace))

  findEnvelope: Store['findEnvelope'] = (direction, source, digest) =>
    this.#read(({ envelopes }) => {
      const id = envelopes.get(key(direction, source, digest))
      return id === undefined ? undefined : { id }
    })

  unsettled: Store['unsettled'] = (kind, destination, origin) =>
    this.#read(({ deliveries }) => {
      const fits = (one: Kept) =>
        one.kind === kind &&
        one.destination === (destination ?? one.destination) &&
        one.origin === (origin ?? one.origin)
      return [...deliveries.values()].filter((one) => isOpen(one) && fits(one)).length
    })

  unsettledBytes: Store['unsettledBytes'] = (kind, origin) =>
    this.#read(({ deliveries }) =>
      [...deliveries.values()]
        .filter((one) => isOpen(one) && one.kind === kind && one.origin === origin)
        .reduce((sum, { payload }) => sum + Buffer.byteLength(payload ?? ''), 0),
    )

  record: Store['record'] = (trace, share) =>
    this.#write((data) => {
      if (share !== undefined) return recordWithin(data, share, trace)
      data.trace.push(...trace)
      return 0
    })

  claim: Store['claim'] = (request) =>
    this.#write((data) => {
      if (request.limit < 1) return []
      const units = enough(claimable(data, request), request.limit)
      lease(data, units, request)
      return units.map((unit) => unit.map((one): Delivery => whole(data, data.deliveries.get(one.id)!)))
    })

  /** For comparison: any `limit` of these units may be claimed. Ids. */
  claimable(request: ClaimRequest): Promise<string[][]> {
    return this.#write((data) => claimable(data, request).map((unit) => unit.map(({ id }) => id)))
  }

  /** For comparison: somebody claimed these. */
  claimed(request: ClaimRequest, ids: readonly string[]): Promise<void> {
    return this.#write((data) => lease(data, [ids.map((id) => data.deliveries.get(id)!)], request))
  }

  settle: Store['settle'] = (settlements, trace = []) =>
    this.#write((data, now) => {
      for (const settlement of settlements) settle(data, settlement, now)
      for (const { id, to } of settlements) {
        if (to === 'delivered' || to === 'withheld') settled(data, id, to, now)
      }
      data.trace.push(...trace)
    })

  releaseLeases: Store['releaseLeases'] = () =>
    this.#write((data, now) => {
      rebase(data, now)
      const leased = [...data.deliveries.values()].filter(({ state }) => state === 'sending')
      release(data, leased, now)
      return leased.length
    })

  clockWentBack: Store['clockWentBack'] = (now) => this.#write((data) => rebase(data, now))

  pause: Store['pause'] = (kind, destination, pause, trace = []) =>
    this.#write((data) => {
      const name = key(kind, destination)
      data.destinations.set(name, { kind, destination })
      if (data.paused.has(name)) return false
      data.paused.set(name, pause)
      data.trace.push(...trace)
      return true
    })

  resume: Store['resume'] = (kind, destination, trace = []) =>
    this.#write((data) => {
      data.destinations.set(key(kind, destination), { kind, destination })
      if (!data.paused.delete(key(kind, destination))) return false
      data.trace.push(...trace)
      return true
    })

  backlog: Store['backlog'] = () => this.#read(backlog)

  onChange: Store['onChange'] = (listener) => {
    this.#memory.listeners.set(listener, this)
    return { [Symbol.dispose]: () => void this.#memory.listeners.delete(listener) }
  }

  seen: Store['seen'] = ({ topic, itemId, digest }) => this.#read((data) => data.seen.has(key(topic, itemId, digest)))

  seenIds: Store['seenIds'] = (topic, itemIds) =>
    this.#read((data) => {
      const known = new Set([...data.seen.values()].filter((one) => one.topic === topic).map((one) => one.itemId))
      return new Set(itemIds.filter((id) => known.has(id)))
    })

  cursor: Store['cursor'] = (topic) => this.#read((data) => data.cursors.get(topic))

  markSeen: Store['markSeen'] = (items) =>
    this.#write((data) => {
      for (const item of items) mark(data, item)
    })

  sourcesOf: Store['sourcesOf'] = (item, variant) =>
    this.#read((data) => {
      const first = [...data.deliveries.values()].filter(({ direction }) => direction === 'rid-to-grid')
      const again = [...data.again.values()].sort((a, b) => (a.source < b.source ? -1 : 1))
      const all = [...first, ...again]
      const fits = (one: { item: string; variant: string; name?: string | null }) =>
        (one.item === item || one.name === item) && (variant ?? one.variant) === one.variant
      return [...new Set(all.filter(fits).map(({ source }) => source))]
    })

  findPayload: Store['findPayload'] = (kind, destination, item, sources) =>
    this.#read((data) => {
      const found = [...data.deliveries.values()].findLast(
        (one) =>
          one.kind === kind &&
          one.destination === destination &&
          one.item === item &&
          one.state !== 'withheld' &&
          one.state !== 'discarded' &&
          one.payload !== null &&
          (sources === undefined || sources.includes(one.source)),
      )
      return found?.payload ?? undefined
    })

  list: Store['list'] = (filter = {}) => this.#read((data) => list(data, filter))

  async *pages(filter: QueueFilter = {}) {
    const ids = await this.#read((data) => inPages(data, filter).map(({ id }) => id))
    for (let i = 0; i < ids.length; i += 1000) {
      const here = ids.slice(i, i + 1000)
      yield await this.#read((data) => here.map((id) => summary(data, data.deliveries.get(id)!)))
    }
  }

  tally: Store['tally'] = (...asked) => this.#read((data) => tally(data, ...asked))

  leftOut: Store['leftOut'] = (filter = {}) => this.#read((data) => leftOut(data, filter))

  show: Store['show'] = (id) =>
    this.#read((data) => {
      const one = data.deliveries.get(id)
      return one === undefined ? undefined : whole(data, one)
    })

  traced: Store['traced'] = (events, position) =>
    this.#read(({ trace, dropped }) => {
      const fresh = position === undefined ? [] : trace.slice(Math.max(0, position - dropped))
      return { rows: fresh.filter(({ event }) => events.includes(event)), position: dropped + trace.length }
    })

  retry: Store['retry'] = (id, now, trace = () => []) =>
    this.#write((data) => {
      const one = data.deliveries.get(id)
      if (one === undefined || one.state === 'sending' || one.state === 'delivered' || one.payload === null)
        return false
      const before = summary(data, one)
      change(data, one, { state: 'pending', due: now, notBefore: null, requeuedAt: now, updatedAt: now })
      data.trace.push(...trace(before))
      return true
    })

  discard: Store['discard'] = (id, now, trace = () => []) =>
    this.#write((data) => {
      const one = data.deliveries.get(id)
      if (one === undefined || one.state === 'sending' || one.state === 'delivered') return false
      if (one.state === 'discarded') return true
      const before = summary(data, one)
      change(data, one, { state: 'discarded', behind: null, notBefore: null, updatedAt: now })
      ended(data, one.id, false, now)
      data.trace.push(...trace(before))
      return true
    })

  trace: Store['trace'] = (incident) =>
    this.#read((data) =>
      data.trace.filter((event) => isAskedFor(event.incident, incident)).toSorted((a, b) => a.at - b.at),
    )

  find: Store['find'] = (query) => this.#read((data) => find(data, query))

  forget: Store['forget'] = (topic, items) =>
    this.#write((data) => unsee(data, (one) => one.topic === topic && (items?.includes(one.item) ?? true)))

  forgetBetween: Store['forgetBetween'] = (topic, items) =>
    this.#write((data) => {
      const kept = [...data.records.values()].filter((one) => one.topic === topic)
      const shown = kept.flatMap((one, i) => (items.includes(one.item) ? [i] : []))
      const gone = kept.filter((one, i) => {
        return !items.includes(one.item) && i > Math.min(...shown) && i < Math.max(...shown)
      })
      return unsee(data, (one) => gone.includes(one))
    })

  forgetBefore: Store['forgetBefore'] = (time) => this.#write((data) => forget(data, (one) => one.takenIn < time))

  ask: Store['ask'] = (exchange, legs, limits, change) =>
    this.#write((data, now) => ask(data, exchange, legs, limits, change, now))

  change: Store['change'] = (id, change) => this.#write((data, now) => alter(data, id, change, now))

  known: Store['known'] = (asker, digest, since) => this.#read((data) => knownAs(data, asker, digest, since)?.id)
  exchange: Store['exchange'] = (id) => this.#read(({ exchanges }) => exchanges.get(id)?.exchange)

  listExchanges: Store['listExchanges'] = (filter) => this.#read((data) => listed(data, filter))

  legOf: Store['legOf'] = (target, token) =>
    this.#read(({ exchanges }) => {
      for (const { exchange } of exchanges.values()) {
        const leg = exchange.legs.find((one) => one.target === target && one.token === token)
        if (leg !== undefined) return { exchange: exchange.id, n: leg.n }
      }
      return undefined
    })

  sharing: Store['sharing'] = (id, n) => this.#read((data) => sharing(data, id, n))

  ownerOf: Store['ownerOf'] = (token) =>
    this.#read(({ exchanges }) => {
      const legs = [...exchanges.values()].flatMap(({ exchange }) => exchange.legs)
      return legs.find((leg) => leg.token === token)?.target
    })

  askedOf: Store['askedOf'] = (target, incident) =>
    this.#read(({ exchanges }) => {
      const undecided = ['waiting', 'promised']
      return [...exchanges.values()]
        .map(({ exchange }) => exchange)
        .filter((one) => one.state === 'open' && one.incident === incident)
        .filter(({ legs }) => legs.some((leg) => leg.target === target && undecided.includes(leg.state)))
        .map(({ id }) => id)
    })

  due: Store['due'] = (now) =>
    this.#read(({ exchanges }) =>
      [...exchanges.values()]
        .map(({ exchange }) => exchange)
        .filter((one) => one.state === 'open' && (one.expires <= now || (one.pendingAt ?? Infinity) <= now))
        .map(({ id }) => id),
    )

  exchangeCounts: Store['exchangeCounts'] = () =>
    this.#read(({ exchanges }) => {
      const states = [...exchanges.values()].map(({ exchange }) => exchange.state)
      const counts = EXCHANGE_STATES.map((state) => [state, states.filter((one) => one === state).length] as const)
      return Object.fromEntries(counts) as Awaited<ReturnType<Store['exchangeCounts']>>
    })

  forgetExchanges: Store['forgetExchanges'] = (before) =>
    this.#write(({ exchanges }) => {
      const old = [...exchanges.values()].filter(({ exchange }) => exchange.closed !== null && exchange.closed < before)
      for (const { exchange } of old) exchanges.delete(exchange.id)
      return old.length
    })

  probe: Store['probe'] = () => this.#write(() => undefined)

  prune: Store['prune'] = (now, _steps, trace = () => []) =>
    this.#write((data) => {
      const untended = [...data.deliveries.values()].filter(
        ({ state, bound, updatedAt }) => state === 'held' && bound !== null && updatedAt < now - 30 * DAY,
      )
      for (const one of untended) {
        data.trace.push(...trace(summary(data, one)))
        change(data, one, { state: 'discarded', notBefore: null, updatedAt: now })
      }
      const before = data.trace.length
      const young = data.trace.filter(({ at }) => at >= now - 400 * DAY)
      data.trace.splice(0, before, ...young)
      data.dropped += before - young.length
      const over = [...data.deliveries.values()].filter(
        ({ state, payload, updatedAt }) =>
          (state === 'delivered' || state === 'discarded') && payload !== null && updatedAt < now - 30 * DAY,
      )
      for (const one of over) change(data, one, { payload: null })
      forgetGroups(data, now)
      return untended.length + before - young.length + over.length
    })

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    for (const [listener, owner] of this.#memory.listeners) if (owner === this) this.#memory.listeners.delete(listener)
  }
}

function recordWithin(data: Data, { source, most, rest }: TraceShare, trace: readonly TraceEvent[]): number {
  const name = key(source, `${Math.floor((trace[0]?.at ?? 0) / DAY)}`)
  const before = data.shares.get(name) ?? { rows: 0, more: 0, rest: null }
  if (before.rows + trace.length <= most) {
    data.trace.push(...trace)
    data.shares.set(name, { ...before, rows: before.rows + trace.length })
    return before.more
  }
  const more = before.more + trace.length
  const row = rest(more)
  const at = before.rest === null ? -1 : data.trace.indexOf(before.rest)
  if (at < 0) data.trace.push(row)
  else data.trace[at] = row
  data.shares.set(name, { ...before, more, rest: row })
  return more
}

/** Nobody waits for longer than an hour; and of what has no payload any more nobody asks what it was part of. */
function forgetGroups(data: Data, now: number): void {
  for (const [id, document] of data.documents)
    if (document.at < now - DAY / 24) data.documents.set(id, { ...document, open: false })
  const gone = new Set<string>()
  for (const [name, { id, kind, destination }] of data.groups) {
    const members = [...data.deliveries.values()].filter(
      (one) => one.group === id && one.kind === kind && one.destination === destination,
    )
    if (members.some(({ payload }) => payload !== null)) continue
    for (const one of members) change(data, one, { group: null })
    data.groups.delete(name)
    gone.add(id)
  }
  const left = new Set([...data.groups.values()].map(({ id }) => id))
  for (const [id, { open }] of data.documents) {
    if (!left.has(id) && (gone.has(id) || !open)) data.documents.delete(id)
  }
}

function attempt<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw cause instanceof GatewayError ? cause : new GatewayError('internal', messageOf(cause), { cause })
  }
}

function settle(data: Data, settlement: Settlement, updatedAt: number): void {
  const one = data.deliveries.get(settlement.id)
  if (one?.state !== 'sending') return
  if (settlement.to === 'pending') {
    const { nextAttempt: due, notBefore = null, reason, countAttempt } = settlement
    const attempts = one.attempts + (countAttempt ? 1 : 0)
    change(data, one, { state: 'pending', due, notBefore, attempts, reason, updatedAt })
    if (countAttempt) ended(data, one.id, false, updatedAt)
    return
  }
  const reason = settlement.to === 'delivered' ? (settlement.note ?? null) : settlement.reason
  // policy withholds before anything is sent: that was no attempt
  const attempts = one.attempts + (settlement.to === 'withheld' ? 0 : 1)
  change(data, one, { state: settlement.to, attempts, reason, updatedAt })
  ended(data, one.id, settlement.to === 'delivered', updatedAt)
}

/** What waited for it is delivered with it, or the first of that goes out, and the others wait for that one. */
function ended(data: Data, id: string, wasDelivered: boolean, updatedAt: number): void {
  const [first, ...others] = [...data.deliveries.values()].filter(
    ({ behind, state }) => behind === id && state === 'pending',
  )
  if (first === undefined) return
  if (!wasDelivered) {
    change(data, first, { behind: null })
    for (const other of others) change(data, other, { behind: first.id })
    return
  }
  const reason = 'the same was delivered as another had it'
  for (const one of [first, ...others]) {
    change(data, one, { state: 'delivered', behind: null, notBefore: null, reason, updatedAt })
  }
}

function rebase(data: Data, now: number): number {
  const ahead = [...data.deliveries.values()].filter((one) => one.state === 'pending' && one.updatedAt > now)
  for (const one of ahead) {
    const then = (time: number) => now + Math.max(0, time - one.updatedAt)
    const notBefore = one.notBefore === null ? null : then(one.notBefore)
    change(data, one, { due: then(one.due), notBefore, updatedAt: now })
  }
  return ahead.length
}
