import type { Session } from '../xmpp/session.ts'
import type { Parcel, Turn } from './turn.ts'
import { FIRST, Window } from './window.ts'

interface Waiting extends Parcel {
  readonly go: (turn: Turn | undefined) => void
}

interface Flow {
  readonly waiting: Waiting[]
  /** bytes that it was given, and those that went by while it had nothing to say */
  served: number
}

interface Ticket extends Turn, Parcel {
  readAt: number | undefined
  ended: boolean
}

/** The flow of those that must be alone: in turn with the Topics. */
const ALONE = ' alone'
/** What a publication costs beside its bytes: many small ones count, too. */
const FIXED = 500
/** ms without any word until somebody asks whether what is under way has been read */
const FENCE_AFTER = 1_000
/** ms: what has been read and is not answered for so long holds no place any more */
const OVERDUE = 2_000
/** Bytes from which on it matters, where the network forgets a connection, whether the line is known to be quick. */
const LARGE = 40_000
/** What is asked to find that out: so many pings, each so large as every server takes (RFC 6120 §13.12), in so many steps. */
const MEASURE = { pings: 4, bytes: 8_192, steps: 2 }
/** Publications of one Topic under way that are not overdue: a round trip must not be waited for. */
const PIPELINE = 64
/** So many of its places are given at once: each claim of what is to be published has a cost, however much it brings. */
const LOT = 16

/**
 * Lets publications out to the line of one session: no more bytes at a time than it takes in about a second (`Window`); Topics in
 * turn by what they sent, so that a large item waits for the small ones of others and not the other way about; those of one Topic in
 * their order. What must be alone has the line for itself until it has been read.
 */
export class Outlet {
  readonly #session: Pick<Session, 'ping' | 'flight'>
  readonly #onRoom: (topic: string) => void
  readonly #window = new Window()
  readonly #flows = new Map<string, Flow>()
  /** given and not known to have been read, in the order of writing; kept with their bytes, as each step asks for both */
  readonly #unread = new Set<Ticket>()
  #unreadBytes = 0
  #waitingBytes = 0
  /** given and not ended, by Topic */
  readonly #open = new Map<string, Set<Ticket>>()
  /** given alone, until they are both read and ended */
  readonly #alone = new Set<Ticket>()
  /** Topics that were told that there is no room */
  readonly #refused = new Set<string>()
  #suspects: readonly Turn[] = []
  #served = 0
  #meanSize = 4_096
  #lastRead = 0
  #asking = false
  #measuring = false
  #isMeasured = false
  #fence: NodeJS.Timeout | undefined
  #look: NodeJS.Timeout | undefined
  #over = false

  /** `onRoom`: a Topic that had no room has some again. */
  constructor(session: Pick<Session, 'ping' | 'flight'>, onRoom: (topic: string) => void) {
    this.#session = session
    this.#onRoom = onRoom
  }

  /** Resolves when it may be written; undefined when the signal aborts, or the session ends, before that. */
  turn(parcel: Parcel): Promise<Turn | undefined> {
    return new Promise((resolve) => {
      if (this.#over || parcel.signal.aborted) return resolve(undefined)
      const flow = this.#flow(parcel.alone ? ALONE : parcel.topic)
      const leave = () => {
        flow.waiting.splice(flow.waiting.indexOf(waiting), 1)
        this.#waitingBytes -= parcel.size
        resolve(undefined)
        this.#letOut()
      }
      const go = (turn: Turn | undefined) => {
        parcel.signal.removeEventListener('abort', leave)
        resolve(turn)
      }
      const waiting: Waiting = { ...parcel, go }
      parcel.signal.addEventListener('abort', leave, { once: true })
      if (flow.waiting.length === 0) flow.served = Math.max(flow.served, this.#served)
      flow.waiting.push(waiting)
      this.#waitingBytes += parcel.size
      this.#letOut()
    })
  }

  /** How many publications more of that Topic would not wait for long. */
  room(topic: string): number {
    const waiting = this.#flows.get(topic)?.waiting.length ?? 0
    const free = PIPELINE - waiting - this.#underWay(topic)
    const places = free < LOT ? 0 : free
    const bytes = this.#bound - this.#unreadBytes - this.#waitingBytes
    const room = Math.max(0, Math.min(places, Math.max(waiting === 0 ? 1 : 0, Math.floor(bytes / this.#meanSize))))
    if (room === 0 && !this.#over) {
      this.#refused.add(topic)
      // what is overdue by then makes room
      this.#look ??= setTimeout(() => this.#lookAgain(), OVERDUE)
      this.#watch()
    }
    return room
  }

  /** Publications that must be alone: those that wait for it, and those that had it and are not answered. */
  get alone(): number {
    return (this.#flows.get(ALONE)?.waiting.length ?? 0) + this.#alone.size
  }

  get isWaiting(): boolean {
    return this.#next() !== undefined
  }

  /** What was on the line when the session ended, not known to have been read. */
  get suspects(): readonly Turn[] {
    return this.#suspects
  }

  /** Nobody gets a turn any more. */
  close(): void {
    this.#over = true
    this.#suspects = [...this.#unread]
    clearTimeout(this.#fence)
    clearTimeout(this.#look)
    for (const { waiting } of this.#flows.values()) for (const one of waiting) one.go(undefined)
    this.#flows.clear()
    this.#waitingBytes = 0
  }

  #letOut(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      const isFree = this.#unread.size === 0
      if (!isFree && (next.alone || this.#isAloneThere)) break
      if (!isFree && this.#unreadBytes + next.size > this.#bound) break
      if (this.#mustMeasure(next)) break
      this.#give(next)
    }
    this.#watch()
  }

  /** Nothing large is written to a line that may be dead, or slow: what is lost on the one would be waited for as on the other. */
  #mustMeasure({ size }: Parcel): boolean {
    if (size >= LARGE && !this.#measuring && !this.#isMeasured && !this.#session.flight.isKnown) void this.#measure()
    return this.#measuring
  }

  async #measure(): Promise<void> {
    this.#measuring = true
    for (let step = 0; step < MEASURE.steps && !this.#over; step += 1) {
      const pings = Array.from({ length: MEASURE.pings }, () => this.#session.ping(undefined, MEASURE.bytes))
      await Promise.all(pings)
    }
    this.#measuring = false
    this.#isMeasured = true
    this.#letOut()
  }

  #give({ go, ...parcel }: Waiting): void {
    const flow = this.#flow(parcel.alone ? ALONE : parcel.topic)
    flow.waiting.shift()
    this.#waitingBytes -= parcel.size
    this.#served = flow.served
    flow.served += parcel.size + FIXED
    this.#meanSize += (parcel.size - this.#meanSize) / 8
    const ticket: Ticket = {
      ...parcel,
      since: performance.now(),
      readAt: undefined,
      ended: false,
      read: () => this.#read(ticket),
      end: () => this.#end(ticket),
    }
    this.#unread.add(ticket)
    this.#unreadBytes += parcel.size
    this.#openOf(parcel.topic).add(ticket)
    if (parcel.alone) this.#alone.add(ticket)
    go(ticket)
  }

  /** Its bytes may be on the line for longer than anybody waits for the answer. */
  #end(ticket: Ticket): void {
    ticket.ended = true
    this.#openOf(ticket.topic).delete(ticket)
    if (ticket.readAt !== undefined) this.#alone.delete(ticket)
  }

  #read(ticket: Ticket): void {
    if (ticket.readAt !== undefined || this.#over) return
    const now = performance.now()
    ticket.readAt = now
    this.#lastRead = now
    this.#unread.delete(ticket)
    this.#unreadBytes -= ticket.size
    if (ticket.ended) this.#alone.delete(ticket)
    this.#window.took(ticket.size, now - ticket.since, this.#session.flight.rate)
    this.#letOut()
    this.#tellRoom()
  }

  /** Asks, where somebody waits for what may have been read long ago: the answer to a later question says so (`Flight`). */
  #watch(): void {
    if (this.#asking || this.#over) return
    const alone = this.#isAloneThere
    if (this.#unread.size === 0 || !(alone || this.isWaiting || this.#refused.size > 0)) return
    if (this.#fence !== undefined && !alone) return
    clearTimeout(this.#fence)
    // not before it is written
    this.#fence = setTimeout(() => void this.#ask(), alone ? 0 : FENCE_AFTER)
  }

  async #ask(): Promise<void> {
    this.#fence = undefined
    this.#asking = true
    const quiet = performance.now() - this.#lastRead >= FENCE_AFTER
    if (quiet || this.#isAloneThere) await this.#session.ping()
    this.#asking = false
    this.#watch()
  }

  #lookAgain(): void {
    this.#look = undefined
    this.#tellRoom()
  }

  #tellRoom(): void {
    for (const topic of [...this.#refused]) {
      this.#refused.delete(topic)
      if (this.room(topic) > 0) this.#onRoom(topic)
    }
  }

  /** Bytes that may be under way: not many while the line may be a slow one. */
  get #bound(): number {
    return this.#session.flight.isKnown ? this.#window.size : Math.min(this.#window.size, FIRST)
  }

  #underWay(topic: string): number {
    const overdue = performance.now() - OVERDUE
    let count = 0
    for (const { readAt } of this.#openOf(topic)) if (readAt === undefined || readAt > overdue) count += 1
    return count
  }

  /** Whoever is alone on the line is the only one there. */
  get #isAloneThere(): boolean {
    const [first] = this.#unread
    return first?.alone === true
  }

  #openOf(topic: string): Set<Ticket> {
    const open = this.#open.get(topic) ?? new Set()
    this.#open.set(topic, open)
    return open
  }

  #flow(name: string): Flow {
    const flow = this.#flows.get(name) ?? { waiting: [], served: 0 }
    this.#flows.set(name, flow)
    return flow
  }

  #next(): Waiting | undefined {
    let next: Flow | undefined
    for (const flow of this.#flows.values()) {
      if (flow.waiting.length > 0 && (next === undefined || flow.served < next.served)) next = flow
    }
    return next?.waiting[0]
  }
}
