import { createHash } from 'node:crypto'
import type { Ask } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { RidPolicy } from '../rid/message.ts'
import type { AskLimits, ExchangeChange, NewAnswer, NewExchange, NewLeg } from '../store/exchanges.ts'
import type { MsgType } from '../vocabulary.ts'
import { isQuestion } from '../vocabulary.ts'
import type { Asker } from './asker.ts'
import { closing } from './closing.ts'
import { compose } from './compose.ts'
import { about, type ExchangeContext, errandTo } from './context.ts'
import { askedIncident, criteriaOf, lacksDocument } from './criteria.ts'
import { loopOf, notAskedYet } from './loop.ts'
import type { Rate } from './rate.ts'
import { DENIALS, type DenialCode, type RefusalCode } from './refusals.ts'
import { visibleNeeds } from './rights.ts'
import { whomToAsk } from './route-question.ts'
import { encode, newAnswer, type Question } from './stored.ts'
import { takeSoFar } from './take-answer.ts'
import { createExchangeId } from './token.ts'

/** exchanges that are open at a time, of all askers */
const ALL = 10_000
/** ms for which a question that was answered is still the same: an HTTP client repeats what it had no answer to */
const AGAIN = 60_000

/** Incidents that fit a Query and that its asker may see: more than these, and it asks for too much */
const MOST = 10_000

const FULL = { asker: 'too-many-open', all: 'exchanges-full' } as const

export type Asking = Inspection & { readonly rid: NonNullable<Inspection['rid']> }

/** Who asks, and from where: IP address, full JID, or item. */
interface From {
  readonly asker: Asker
  readonly address: string | null
}

type Opened =
  /** it is open now, or was already, or was closed a moment ago */
  | { readonly kind: 'exchange'; readonly id: string }
  | { readonly kind: 'denied'; readonly code: DenialCode; readonly exchange: NewExchange }
  /** `wait`: seconds, where that is known */
  | {
      readonly kind: 'full'
      readonly code: RefusalCode
      readonly exchange: NewExchange
      readonly wait: number | undefined
    }

/**
 * A question of somebody who may ask, whole and proper: opens an exchange, or joins the open one. `since`: ms since the epoch; one that
 * was closed since then is the same one still. Undefined: nobody would be asked.
 */
export async function ask(
  context: ExchangeContext,
  rate: Rate,
  from: From,
  inspection: Asking,
  since = sinceOf(context),
): Promise<Opened | undefined> {
  const { config, store, events, clock } = context
  const { asker } = from
  const { rid } = inspection
  const msgType = rid.msgType
  if (!isQuestion(msgType) || rid.policy === null) return undefined
  const routed = whomToAsk(config.routes, asker, msgType, inspection)
  if (routed.length === 0) return undefined
  const denied = (code: DenialCode) => ({ kind: 'denied', code, exchange: fresh }) as const
  const question = questionOf(inspection, rid.policy)
  const fresh = newExchange(context, from, inspection, msgType, question)
  // asked again: nothing is looked for a second time
  const known = await store.known(fresh, fresh.digest, since)
  if (known !== undefined) return { kind: 'exchange', id: known }
  if (lacksDocument(inspection, msgType)) return denied('format')
  const loop = await loopOf(context, inspection, fresh, question)
  if (loop !== undefined) return denied(loop)
  const asked = await notAskedYet(context, routed, fresh, question)
  if (asked.length === 0) return denied('asked-back')
  const whose = `${asker.kind} ${asker.name}`
  const wait = rate.wait(whose, clock.now())
  // nothing is looked for for who asks too often
  const searched = asked.includes('archive') && wait === undefined
  const found = searched ? await fromArchive(context, asker, inspection) : undefined
  if (found?.denied !== undefined && asked.length === 1) {
    rate.count(whose, clock.now())
    return denied(found.denied)
  }
  const legs = legsOf(fresh, asked)
  const taken = events.exchange('asked', {
    ...about(fresh),
    msgType,
    legs: legs.length,
    ...(found !== undefined && { matches: found.matches, left: found.left }),
    ...(inspection.remarks.length > 0 && { note: inspection.remarks.join(' ') }),
  })
  const [held] = legs.filter(({ kind }) => kind === 'held')
  const waits = held && events.exchange('question-held', { ...about(fresh), msgType })
  const outcome = await store.ask(fresh, legs, limitsOf(context, wait, since), (exchange) => {
    const change = found === undefined ? {} : answeredBy(found, asked.indexOf('archive'))
    return {
      change: closing(exchange, change, asker, question.policy.incidentId),
      trace: [...taken.trace, ...(waits?.trace ?? [])],
    }
  })
  if (outcome.outcome === 'full') {
    const code = wait === undefined ? FULL[outcome.of] : 'too-many-asked'
    return { kind: 'full', code, exchange: fresh, wait }
  }
  if (outcome.outcome === 'opened') {
    rate.count(whose, clock.now())
    taken.tell()
    waits?.tell()
    const deliveries = legs.flatMap(({ delivery }) => delivery ?? [])
    for (const { kind, destination } of deliveries) context.wake(kind, destination)
    await takeSoFar(context, outcome.exchange)
  }
  return { kind: 'exchange', id: outcome.exchange.id }
}

/** How many may be open; none more for who asks too often, but what it asked before is still the same. */
function limitsOf(context: ExchangeContext, wait: number | undefined, since: number): AskLimits {
  const { open } = context.config.exchanges
  return { open: wait === undefined ? open : 0, all: ALL, since }
}

/** ms since the epoch: a question that was closed since then is the same one still. */
function sinceOf({ config, clock }: ExchangeContext): number {
  return clock.now() - config.exchanges.hold - AGAIN
}

/** What a person decides first is one leg: that of whoever is asked then, if anybody. */
function legsOf(exchange: NewExchange, asked: readonly Ask[]): readonly NewLeg[] {
  if (!asked.includes('held')) return asked.map((one, n) => legOf(exchange, one, n))
  const [then = 'peer:'] = asked.filter((one) => one !== 'held')
  return [{ kind: 'held', target: then.startsWith('peer:') ? then.slice('peer:'.length) : then }]
}

function legOf(exchange: NewExchange, asked: Ask, n: number): NewLeg {
  if (asked === 'archive') return { kind: 'archive', target: '' }
  const kind = (['jid', 'topic'] as const).find((one) => asked.startsWith(`${one}:`)) ?? 'peer'
  const target = asked.slice(`${kind}:`.length)
  const to = { kind, destination: target } as const
  const delivery = errandTo(to, exchange, { exchange: exchange.id, leg: n })
  if (kind !== 'topic') return { kind, target, delivery }
  // XEP-0060 §7.2: newcomers must not answer it
  return { kind, target, delivery, afterwards: errandTo(to, exchange, { exchange: exchange.id, retract: n }) }
}

function answeredBy({ denied, answers }: Found, n: number): ExchangeChange {
  const reason = denied === undefined ? {} : { reason: DENIALS[denied].justification }
  const legs = [{ n, state: denied === undefined ? 'answered' : 'denied', ...reason } as const]
  return { legs, answers: answers.map((answer): NewAnswer => ({ ...answer, leg: n })) }
}

function questionOf(inspection: Asking, policy: RidPolicy): Question {
  const { id: exchange, from } = inspection.item?.exchange ?? {}
  const about = inspection.document?.incidents[0]?.key
  const named = {
    ...(about !== undefined && { about }),
    ...(exchange !== undefined && { exchange }),
    ...(from !== undefined && { from }),
  }
  return { policy, document: carriedOf(inspection), ...named }
}

function carriedOf({ document, rid }: Inspection): Question['document'] {
  if (document === null) return null
  const { original, xml, version } = document
  return { xml: original?.text ?? xml, version: original?.version ?? version, signatures: rid?.signatures ?? [] }
}

function newExchange(
  { config, clock }: ExchangeContext,
  { asker, address }: From,
  inspection: Asking,
  msgType: MsgType,
  question: Question,
): NewExchange {
  const { exchanges } = config
  const now = clock.now()
  const expires = now + (msgType === 'Query' ? exchanges.expireQuery : exchanges.expireRequest)
  // an item's question is called the same whoever asks it on, and ends with it (docs/grid-profile.md §4.5)
  const mark = asker.kind === 'topic' ? inspection.item?.exchange : null
  const until = Date.parse(mark?.expires ?? '')
  return {
    id: mark?.id ?? createExchangeId(),
    askerKind: asker.kind,
    asker: asker.name,
    address,
    msgType,
    incident: askedIncident(inspection),
    digest: digestOf(inspection, msgType),
    question: encode(question),
    opened: now,
    pendingAt: asker.interim === true ? now + exchanges.pending : null,
    expires: Number.isNaN(until) ? expires : Math.min(expires, until),
  }
}

/** What makes two questions the same: all that they say, but for where they were sent. */
function digestOf({ rid, item, document }: Asking, msgType: MsgType): string {
  const { attributes, regions, traffic, incidentId } = rid.policy ?? ({} as Partial<RidPolicy>)
  // two questions of somebody who asks for others are two, whatever they say
  const mark = item?.exchange == null ? [] : [item.exchange.id]
  const said = [...mark, msgType, document?.digest ?? null, attributes, regions, traffic, incidentId, rid.signatures]
  return createHash('sha256').update(JSON.stringify(said)).digest('hex')
}

interface Found {
  readonly answers: readonly NewAnswer[]
  readonly matches: number
  readonly left: number
  readonly denied?: DenialCode
}

/** What the Topics showed of it that this peer may see. */
async function fromArchive({ config, store, reader }: ExchangeContext, asker: Asker, asking: Asking): Promise<Found> {
  const asked = criteriaOf(asking)
  if (asked.kind === 'denied') return { answers: [], matches: 0, left: 0, denied: asked.code }
  const { exchanges, rid } = config
  const rights = { topics: asker.query ?? [], needed: visibleNeeds(asker) }
  const records = await store.find({ ...asked.criteria, ...rights, limit: exchanges.results, most: MOST })
  if (records === 'too-many') return { answers: [], matches: MOST, left: 0, denied: 'too-many-matches' }
  const { answers, left } = await compose(records, {
    // an IQ has one Incident (XEP-0268 §2), and so has an item
    reports: asker.way === 'iq' || asker.way === 'item' ? 1 : exchanges.reports,
    maxMessage: rid.maxMessage,
    incidentId: asking.rid.policy?.incidentId ?? null,
    check: (xml) => incidentsIn(reader, asker.name, xml),
  })
  return { answers: answers.map((answer) => newAnswer(0, answer)), matches: records.length, left }
}

/** Of a document that was put together from what the archive has; undefined where it is not valid, or too much to read. */
async function incidentsIn(reader: ExchangeContext['reader'], peer: string, xml: string): Promise<number | undefined> {
  try {
    const { valid, document } = await reader.inspect(Buffer.from(xml), { charset: 'utf-8' }, { peer })
    return valid ? document?.incidents.length : undefined
  } catch (error) {
    // what it holds is left out; asked again, the same question would fail for it again
    if (error instanceof GatewayError && error.permanence === 'permanent') return undefined
    throw error
  }
}
