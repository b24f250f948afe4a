import type { GatewayError } from '../../errors.ts'
import type { SendOutcome } from '../../outcome.ts'
import type { IqAnswer } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { elementFlaw } from '../xmpp/well-formed.ts'
import { failsAtItem, publishOutcome, takesNoMore, topicInDoubt } from './conditions.ts'
import type { Features } from './features.ts'
import { Outlet } from './outlet.ts'
import { Proofs } from './proofs.ts'
import { DISCO_INFO, disco } from './protocol.ts'
import { changedSince, keyOf, type Publication, stanzaOf } from './publication.ts'
import { isThere, judgeRefusal } from './rights.ts'
import { Suspects, type Verdict } from './suspects.ts'
import type { Turn } from './turn.ts'

interface ProviderOptions {
  readonly broker: string
  /** bytes */
  readonly maxItem: number
  /** There is room again for publications to that Topic. */
  readonly onRoom: (topic: string) => void
  /** The Topic takes nothing, whatever is published. */
  readonly onFull: (topic: string, reason: string) => void
}

interface Published {
  readonly outcome: SendOutcome
  /** the Topic may have gone or changed */
  readonly doubt: boolean
  /** why nothing may be published to it */
  readonly lost?: string | undefined
}

/** One login and what was let out to it. */
interface Line {
  readonly session: Session
  readonly features: Features
  readonly outlet: Outlet
  ended: GatewayError | undefined
}

/** Publications that must be alone, and wait for it or for their answer: more would stand in each other's way. */
const MOST_ALONE = 8
/** ms: a line that broke so soon after an item may have broken for it */
const SOON = 10_000
/** RFC 6120 §4.9.3: a Controller that is stopped, or sends us to another, does so whatever is on the line. */
const LEAVES = new Set(['system-shutdown', 'see-other-host'])
/** Refusals in a row, of whatever item, from which on a Topic takes nothing. */
const FULL = 3

/**
 * Publishes items (XEP-0060 §7.1.1), through one session after the other. No item stops another: what may have ended a stream, or was
 * never answered, is tried alone; docs/decisions/0013-one-item-never-stops-another.md.
 */
export class Provider {
  readonly #options: ProviderOptions
  readonly #suspects = new Suspects()
  readonly #proofs = new Proofs()
  /** by Topic: ms, of performance.now, when a publication was last answered, and refusals in a row */
  readonly #answered = new Map<string, number>()
  readonly #refusals = new Map<string, number>()
  #line: Line | undefined
  #published = 0

  constructor(options: ProviderOptions) {
    this.#options = options
  }

  /** From now on items go out through this session. */
  attach(session: Session, features: Features): void {
    const line: Line = { session, features, outlet: new Outlet(session, this.#options.onRoom), ended: undefined }
    this.#line = line
    session.flight.beware(this.#suspects.silences)
    void session.closed.then((reason) => {
      line.ended = reason
      line.outlet.close()
      if (reason.fields.condition === undefined)
        this.#suspects.lineBroke(line.outlet.suspects, reason.fields.silent === true)
      if (this.#line === line) this.#line = undefined
    })
  }

  /** Publications that came through in the life of this process. */
  get published(): number {
    return this.#published
  }

  /** Bytes/s that the Controller takes, where it is known, and whether publications wait for it. */
  get pace(): { readonly rate: number | undefined; readonly isWaiting: boolean } {
    return { rate: this.#line?.session.flight.rate, isWaiting: this.#line?.outlet.isWaiting ?? false }
  }

  /** How many publications to that Topic would not wait for long; without a session any number is refused at once. */
  room(topic: string): number {
    return this.#line?.outlet.room(topic) ?? Number.POSITIVE_INFINITY
  }

  /** Was that item published here, and not answered yet? */
  awaits(topic: string, itemId: string): boolean {
    return this.#proofs.awaits(topic, itemId)
  }

  /** The Broker shows an item: it may be ours, whose answer did not come. */
  seen(topic: string, itemId: string, payload: () => string | undefined): void {
    this.#proofs.seen(topic, itemId, payload)
  }

  /** Calls may overlap: those to one Topic leave in the order of the calls. Never rejects. */
  async publish(asked: Publication): Promise<Published> {
    const { topic, itemId, xml: payload, signal } = asked
    const line = this.#line
    if (!line) return settled(away())
    const publication = { ...asked, conditional: !line.features.lacks('publish-options') }
    if (this.#proofs.take(topic, itemId, payload)) return settled({ kind: 'delivered' })
    if (publication.inDoubt && (await isThere({ ...publication, session: line.session, broker: this.#options.broker })))
      return settled(this.#cameThrough(publication))
    const { text, beside } = stanzaOf(publication)
    const bytes = Buffer.byteLength(payload)
    const size = beside + bytes
    const flaw = this.#flawOf(payload, bytes, size, line)
    if (flaw !== undefined) return settled({ kind: 'hold', reason: flaw })
    const item = keyOf(publication)
    const alone = this.#suspects.has(item)
    if (alone && line.outlet.alone >= MOST_ALONE) return settled(notNow('It waits to be tried alone.'))
    const turn = await line.outlet.turn({ item, topic, size, alone, signal })
    if (turn === undefined) return settled(signal.aborted ? brokenOff() : away())
    const changed = await this.#changed(line, publication)
    const published =
      changed ?? (await this.#judge(line, turn, publication, await this.#send(line, turn, publication, text)))
    turn.end()
    return published
  }

  /** Why it must not be written, or would be of no use. One bad character would end the stream, and again at every retry. */
  #flawOf(payload: string, bytes: number, size: number, { session }: Line): string | undefined {
    const { maxItem } = this.#options
    if (bytes > maxItem) return `The item has ${bytes} bytes; the Broker takes ${maxItem}.`
    const flaw = elementFlaw(payload)
    if (flaw !== undefined) return `The item cannot be sent: ${flaw}.`
    const { longestStanza = Number.POSITIVE_INFINITY } = session
    if (size <= longestStanza) return undefined
    return `The item needs a stanza of ${size} bytes; the Controller takes ${longestStanza}, less than grid.maxItem.`
  }

  /** A value: the Topic is not what it was, and nothing was written. */
  async #changed({ session }: Line, publication: Publication): Promise<Published | undefined> {
    const reason = publication.conditional ? undefined : await changedSince(session, this.#options.broker, publication)
    if (reason === undefined) return undefined
    return { outcome: { kind: 'retry', reason, destinationDown: true }, doubt: true }
  }

  /** Resolves with the answer, or 'proved' when the item was seen on its Topic before that. */
  #send(line: Line, turn: Turn, { topic, itemId, xml: payload, signal }: Publication, text: string) {
    return new Promise<IqAnswer | 'proved'>((resolve) => {
      this.#proofs.expect(topic, itemId, payload, () => resolve('proved'))
      const answer = line.session.request({
        to: this.#options.broker,
        type: 'set',
        payload: text,
        isOrder: true,
        signal,
        onRead: () => turn.read(),
        onLate: (late) => {
          if (late.kind === 'result') this.#proofs.late(topic, itemId, payload)
        },
      })
      void answer.then(resolve)
    })
  }

  async #judge(line: Line, turn: Turn, publication: Publication, answer: IqAnswer | 'proved'): Promise<Published> {
    const { topic, itemId, xml: payload } = publication
    if (answer === 'proved') {
      // it was not given up: nobody will ask
      this.#proofs.take(topic, itemId, payload)
      return settled(this.#cameThrough(publication))
    }
    if (answer.kind === 'timeout') return settled(await this.#unanswered(line, turn, publication))
    if (answer.kind === 'away') return settled(await this.#streamEnded(line, turn, publication))
    this.#proofs.settle(topic, itemId)
    if (answer.kind === 'result') return settled(this.#cameThrough(publication))
    this.#answered.set(topic, performance.now())
    if (answer.kind === 'oversized') return settled(publishOutcome(answer))
    const { broker } = this.#options
    if (publication.conditional && line.features.refusedBy(answer.error, 'publish-options'))
      return settled(later('The Broker knows no preconditions: the item is published without.'))
    const judged = await judgeRefusal({ ...publication, session: line.session, broker }, answer.error)
    if (judged?.outcome.kind === 'delivered') this.#cameThrough(publication)
    if (judged !== undefined) return { ...judged, doubt: false }
    return { outcome: this.#refused(answer, publication), doubt: topicInDoubt(answer) }
  }

  #cameThrough(publication: Publication): SendOutcome {
    const { topic } = publication
    this.#published += 1
    this.#suspects.clear(keyOf(publication), topic, publication.xml.length)
    this.#answered.set(topic, performance.now())
    this.#refusals.delete(topic)
    return { kind: 'delivered' }
  }

  /** Is it the Broker that is silent, or is it so about this item alone? */
  async #unanswered({ session }: Line, turn: Turn, publication: Publication): Promise<SendOutcome> {
    const { topic } = publication
    const reason = 'The Broker did not answer in time.'
    const othersAre = turn.readAt !== undefined && (this.#answered.get(topic) ?? 0) > turn.readAt
    if (!othersAre) {
      const asked = { to: this.#options.broker, type: 'get', payload: disco(DISCO_INFO, topic) } as const
      const { kind } = await session.request({ ...asked, timeoutMs: SOON })
      if (kind !== 'result' && kind !== 'error') return { kind: 'retry', reason, destinationDown: true }
    }
    const verdict = this.#suspects.blame(keyOf(publication), topic, 'unanswered', othersAre)
    return verdictOutcome(verdict, reason, 'The Broker never answered this item, and answers others.')
  }

  /** Everything that was under way may be why. */
  async #streamEnded(line: Line, turn: Turn, publication: Publication): Promise<SendOutcome> {
    if (publication.signal.aborted) return brokenOff()
    const ended = line.ended ?? (await line.session.closed)
    const { suspects } = line.outlet
    const { condition, silent, elsewhere, answer } = ended.fields
    // it was no item's doing: the Controller sends us away, or we ended it, for a fault of ours or of its certificate
    if (elsewhere !== undefined || answer !== undefined || !ended.code.startsWith('grid-')) return away()
    const soon = silent === true || performance.now() - turn.since < SOON
    const fault = condition === undefined ? soon && 'broke' : !LEAVES.has(String(condition)) && 'ended'
    if (!fault || !suspects.includes(turn)) return away()
    const item = keyOf(publication)
    this.#suspects.mark(item)
    const verdict = suspects.length > 1 ? 'again' : this.#suspects.blame(item, publication.topic, fault)
    return verdict === 'hold' ? held(ended, Buffer.byteLength(publication.xml)) : away()
  }

  /** The Broker says no: for now, or for good; to this item, or to whatever is published. */
  #refused(answer: Extract<IqAnswer, { kind: 'error' }>, publication: Publication): SendOutcome {
    const { topic } = publication
    const outcome = publishOutcome(answer)
    if (outcome.kind !== 'retry' || !takesNoMore(answer.error)) return outcome
    const refusals = (this.#refusals.get(topic) ?? 0) + 1
    this.#refusals.set(topic, refusals)
    if (failsAtItem(answer.error)) {
      const verdict = this.#suspects.blame(keyOf(publication), topic, 'refused')
      const always = `${outcome.reason} It does so with this item again and again, and takes others.`
      if (verdict !== 'all') return verdictOutcome(verdict, outcome.reason, always)
    }
    if (refusals < FULL) return outcome
    const reason = `The Topic takes no more items. ${outcome.reason}`
    this.#options.onFull(topic, reason)
    return { ...outcome, reason }
  }
}

/** What it did to the stream, or to the line. */
function held({ fields: { condition, said } }: GatewayError, size: number): SendOutcome {
  const limit = condition === 'policy-violation' ? ' Perhaps it takes less than grid.maxItem.' : ''
  const what =
    condition === undefined
      ? 'The line to the Controller broke again and again'
      : `The Controller ended the stream (${said}) twice`
  return { kind: 'hold', reason: `${what} while this item of ${size} bytes was sent alone.${limit}` }
}

function verdictOutcome(verdict: Verdict, reason: string, held: string): SendOutcome {
  if (verdict === 'hold') return { kind: 'hold', reason: held }
  return verdict === 'again' ? later(reason) : { kind: 'retry', reason, destinationDown: true }
}

function settled(outcome: SendOutcome): Published {
  return { outcome, doubt: false }
}

/** The Topic takes others. */
function later(reason: string): SendOutcome {
  return { kind: 'retry', reason, destinationDown: false, othersPass: true }
}

function brokenOff(): SendOutcome {
  return notNow('The publication was broken off.')
}

function notNow(reason: string): SendOutcome {
  return { kind: 'retry', reason, destinationDown: false }
}

function away(): SendOutcome {
  return { kind: 'retry', reason: 'The Controller is not connected.', destinationDown: true }
}
