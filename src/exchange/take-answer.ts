import type { Happening } from '../events.ts'
import { typeOf } from '../profile/msg-types.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Exchange, ExchangeChange } from '../store/exchanges.ts'
import { askerIn } from './asker.ts'
import { closing } from './closing.ts'
import { about, type ExchangeContext, wakeAsker } from './context.ts'
import { hiddenFrom } from './rights.ts'
import { isUndecided, legMay } from './states.ts'
import { type AnswerBody, newAnswer, parseAnswer, parseQuestion, type Question } from './stored.ts'

/** answers of one leg: as many as the store keeps (`ExchangeChange`) */
export const MOST_ANSWERS = 50

/** What somebody who was asked said. */
export type Said =
  /** there will be an answer; `token`: hash of the RID-Callback-Token that it will come with */
  | { readonly kind: 'promised'; readonly token?: string }
  | { readonly kind: 'denied'; readonly reason: string }
  /** `again`: it may be an accident, and is worth another try */
  | { readonly kind: 'failed'; readonly reason: string; readonly again?: true }
  /** that there is nothing of what was asked for */
  | { readonly kind: 'nothing' }
  | ({ readonly kind: 'answer' } & ({ readonly inspection: Inspection } | { readonly body: AnswerBody }))

/**
 * `withheld`: nobody who waits for it may have it, so that it is not kept; `unfit`: a message of that type does not answer this question;
 * `full`: of this leg no more answers are kept.
 */
export type Taken = 'taken' | 'withheld' | 'again' | 'closed' | 'unfit' | 'full'

interface Took {
  readonly taken: Taken
  readonly exchange: Exchange | undefined
  readonly body?: AnswerBody
}

/**
 * Commits what the peer of leg `n` said, with what follows for whoever asked; wakes who waits for it. What the asker may not have is not
 * kept, and it is told nothing of it. Whoever asked the same, and waits with this one, is told it as well, each what it may have.
 * `inResponse`: it is what the question itself was answered with.
 */
export async function takeAnswer(
  context: ExchangeContext,
  id: string,
  n: number,
  said: Said,
  inResponse = false,
): Promise<Took> {
  const took = await take(context, id, n, said, inResponse)
  // the token is that of the one who was asked; without one, what comes is known by its incident
  if (said.kind === 'promised' && said.token !== undefined) return took
  let { taken } = took
  for (const other of await context.store.sharing(id, n)) {
    const also = await take(context, other.exchange, other.n, said, false)
    if (taken === 'withheld' && (also.taken === 'taken' || also.taken === 'again')) ({ taken } = also)
  }
  return { ...took, taken }
}

/** Tells the asker of `id` what has come already for somebody who asked the same before, and whose answers it waits for. */
export async function takeSoFar(context: ExchangeContext, { id, legs }: Exchange): Promise<void> {
  const { store } = context
  for (const { n } of legs) {
    const [first] = await store.sharing(id, n)
    const answers = first && (await store.exchange(first.exchange))?.answers
    for (const { leg, body } of answers ?? []) {
      const kept = leg === first?.n ? readable(body) : undefined
      if (kept !== undefined) await take(context, id, n, { kind: 'answer', body: kept }, false)
    }
  }
}

/** What cannot be read stops nobody else's question: where it goes to whom it was for, it is held. */
function readable(body: string): AnswerBody | undefined {
  try {
    return parseAnswer(body)
  } catch {
    return undefined
  }
}

async function take(context: ExchangeContext, id: string, n: number, said: Said, inResponse: boolean): Promise<Took> {
  const { store, holds, events } = context
  let taken: Taken = 'closed'
  let body: AnswerBody | undefined
  let happenings: readonly Happening[] = []
  const exchange = await store.change(id, (now) => {
    const made = changeOf(context, now, n, said)
    ;({ taken, body } = made)
    const { msgType, legs } = now
    const on = { ...about(now), peer: legs[n]?.target ?? '', msgType, reply: said.kind }
    happenings = [...(inResponse ? [events.exchange('asked-on', on)] : []), ...made.happenings]
    return { change: made.change ?? {}, trace: happenings.flatMap(({ trace }) => trace) }
  })
  for (const happening of happenings) happening.tell()
  holds.happened(id)
  if (exchange !== undefined) wakeAsker(context, exchange)
  return { taken, exchange, ...(body !== undefined && { body }) }
}

interface Made {
  readonly taken: Taken
  readonly change?: ExchangeChange
  readonly happenings: readonly Happening[]
  readonly body?: AnswerBody
}

function changeOf(context: ExchangeContext, exchange: Exchange, n: number, said: Said): Made {
  const { config, events } = context
  const leg = exchange.legs[n]
  const question = parseQuestion(exchange.question)
  const body = said.kind === 'answer' ? ('body' in said ? said.body : bodyOf(said.inspection, question)) : undefined
  if (body !== undefined && !FITS[body.msgType]?.includes(exchange.msgType)) return { taken: 'unfit', happenings: [] }
  const isRepeat = body !== undefined && isKnown(exchange, n, body)
  if (isRepeat) return { taken: 'again', happenings: [] }
  const isClosed = leg === undefined || exchange.state !== 'open' || GIVEN_UP.includes(leg.state)
  if (isClosed) return { taken: 'closed', happenings: [], ...(body !== undefined && { body }) }
  const asker = askerIn(config, exchange)
  const of = { ...about(exchange), peer: leg.target }
  const finish = (change: ExchangeChange, ...happenings: readonly Happening[]): Made => {
    return { taken: 'taken', change: closing(exchange, change, asker, question.policy.incidentId), happenings }
  }
  if (said.kind !== 'answer') return finish({ legs: legChange(exchange, n, said) }, ...closed(context, of, said))
  if (body === undefined) return { taken: 'unfit', happenings: [] }
  const legs = ends(exchange, body) && isUndecided(leg.state) ? [{ n, state: 'answered' } as const] : []
  const hidden = hiddenFrom(asker, body)
  if (hidden !== undefined) {
    const withheld = events.exchange('answer-withheld', { ...about(exchange), reason: hidden })
    return { ...finish({ legs }, withheld), taken: 'withheld' }
  }
  const told = events.exchange('answer', { ...of, msgType: body.msgType })
  // that there is nothing is said once, when everybody said so
  if (body.document === null) return finish({ legs }, told)
  const kept = exchange.answers.filter((answer) => answer.leg === n)
  if (kept.length >= MOST_ANSWERS) return { taken: 'full', happenings: [] }
  return finish({ legs, answers: [newAnswer(n, body)] }, told)
}

/** RFC 6545 §7: what answers what. Acknowledgements tell of the leg, and are no answer that is passed on. */
const FITS: Readonly<Record<string, readonly string[]>> = {
  Report: ['Query', 'InvestigationRequest', 'TraceRequest'],
  Result: ['InvestigationRequest', 'TraceRequest'],
}

const GIVEN_UP: readonly string[] = ['denied', 'failed', 'expired']

/** The first Report answers a Query, the first Result a request; a Report on the way to a Result does not. */
function ends({ msgType }: Exchange, body: AnswerBody): boolean {
  return msgType === 'Query' || body.msgType === 'Result'
}

function isKnown({ answers }: Exchange, n: number, body: AnswerBody): boolean {
  const { digest } = newAnswer(n, body)
  return answers.some((answer) => answer.leg === n && answer.digest === digest)
}

function legChange(
  exchange: Exchange,
  n: number,
  said: Exclude<Said, { kind: 'answer' }>,
): NonNullable<ExchangeChange['legs']> {
  const from = exchange.legs[n]?.state ?? 'expired'
  if (said.kind === 'promised') {
    // told again, or faster than its own promise: the token is what is new
    const state = legMay(from, 'promised') ? 'promised' : from
    return [{ n, state, ...(said.token !== undefined && { token: said.token }) }]
  }
  if (said.kind === 'nothing') return legMay(from, 'answered') ? [{ n, state: 'answered' }] : []
  return legMay(from, said.kind) ? [{ n, state: said.kind, reason: said.reason }] : []
}

function closed(
  { events }: ExchangeContext,
  of: ReturnType<typeof about> & { readonly peer: string },
  said: Exclude<Said, { kind: 'answer' }>,
): readonly Happening[] {
  if (said.kind === 'promised' || said.kind === 'nothing') return []
  return [events.exchange('leg-closed', { ...of, to: said.kind, reason: said.reason })]
}

/** What the store keeps of a Report or Result, or of a report or response (XEP-0268): its document as it came. */
function bodyOf({ rid, item, document }: Inspection, { policy }: Question): AnswerBody {
  const original = document?.original
  const around = item ?? rid
  const restriction = around?.policy?.attributes.restriction
  const msgType = item === null ? rid?.msgType : typeOf(item.element, item.policy?.attributes.MsgType)
  return {
    msgType: msgType === 'Result' ? 'Result' : 'Report',
    incidentId: policy.incidentId ?? around?.policy?.incidentId ?? null,
    ...(restriction !== undefined && { restriction }),
    document: document && {
      xml: original?.text ?? document.xml,
      version: original?.version ?? document.version,
      signatures: around?.signatures ?? [],
    },
    incidentSource: around?.incidentSource ?? null,
    status: null,
    topics: [],
    needed: document?.needed ?? [],
  }
}
