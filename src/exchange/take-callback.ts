import type { PeerConfig } from '../config/types.ts'
import type { Inspection } from '../reading/inspection.ts'
import { tellRefusal } from '../relay/tell-refusal.ts'
import type { Answer, IncomingMessage, Problem } from '../rid/contract.ts'
import type { ExchangeContext } from './context.ts'
import { askedIncident } from './criteria.ts'
import { takeOrHold } from './keep-late.ts'
import { REFUSALS, type RefusalCode } from './refusals.ts'
import type { Said } from './take-answer.ts'
import { hashOfToken } from './token.ts'

/** RFC 6546 Table 1: a callback is answered with nothing. */
const EMPTY: Answer = { kind: 'reply', xml: '' }

/** `unasked`: a Report that is taken as one, but whose sender believes that it answers with it. */
type Received = Answer | 'unasked' | undefined

interface Leg {
  readonly exchange: string
  readonly n: number
}

/**
 * A Report, Result or Acknowledgement that may answer what was asked of this peer. The token is no credential: it counts together with
 * the peer, whose certificate is one. Undefined: it answers nothing, and is as any other message.
 */
export async function takeCallback(
  context: ExchangeContext,
  message: IncomingMessage,
  inspection: Inspection,
): Promise<Received> {
  const { rid } = inspection
  const { peer, callbackToken } = message
  const msgType = rid?.msgType ?? ''
  const hash = callbackToken === undefined ? undefined : hashOfToken(callbackToken)
  const leg = hash === undefined ? undefined : await context.store.legOf(peer.name, hash)
  if (leg !== undefined) return orEmpty(await receive(context, message, inspection, leg))
  const isResult = msgType === 'Result' && peer.accept.includes('Result')
  const correlated =
    (await correlate(context, peer.name, inspection, hash === undefined)) ??
    (isResult ? await answersApproved(context, peer, inspection) : undefined)
  if (correlated !== undefined) {
    const received = await receive(context, message, inspection, correlated)
    if (received !== 'withheld' || msgType !== 'Report') return orEmpty(received)
    // only its incident says what it answers: where whoever asked may not see it, it is a Report as any other
    return asUnasked(hash)
  }
  if (hash !== undefined) await tellUnknown(context, peer.name, msgType, hash)
  if (msgType === 'Report') return asUnasked(hash)
  // one that is sent without being asked for, by route
  if (isResult && hash === undefined) return undefined
  return refuse(context, message, inspection, 'not-asked')
}

/** Whoever sends it with a token believes that it answers. */
function asUnasked(hash: string | undefined): 'unasked' | undefined {
  return hash === undefined ? undefined : 'unasked'
}

function orEmpty(received: Answer | 'withheld'): Answer {
  return received === 'withheld' ? EMPTY : received
}

/**
 * Without a token, or with one that came before the promise that has it: by the incident, among what this peer was asked and did not
 * answer. A Report may well be sent unasked, so that it has to fit a leg that promised without a token, or the token says it.
 */
async function correlate(
  { store }: ExchangeContext,
  peer: string,
  inspection: Inspection,
  isBare: boolean,
): Promise<Leg | undefined> {
  const incident = askedIncident(inspection)
  if (incident === '') return undefined
  for (const id of await store.askedOf(peer, incident)) {
    const exchange = await store.exchange(id)
    const fits = exchange?.legs.find(
      ({ kind, target, state, token }) =>
        kind === 'peer' &&
        target === peer &&
        ((state === 'promised' && token === null) ||
          (state === 'waiting' && (!isBare || inspection.rid?.msgType !== 'Report'))),
    )
    if (fits !== undefined) return { exchange: id, n: fits.n }
  }
  return undefined
}

/**
 * RFC 6545 §7.1: the Result of a request comes from whoever found it. What a person approved, and nobody was asked, is answered by any
 * peer whose Results are taken (this one's are), but for the one who asked.
 */
async function answersApproved(
  { store }: ExchangeContext,
  { name }: PeerConfig,
  inspection: Inspection,
): Promise<Leg | undefined> {
  const incident = askedIncident(inspection)
  if (incident === '') return undefined
  for (const id of await store.askedOf('', incident)) {
    const exchange = await store.exchange(id)
    const leg = exchange?.legs.find(({ kind, state }) => kind === 'held' && state === 'promised')
    const isAsker = exchange?.askerKind === 'peer' && exchange.asker === name
    if (leg !== undefined && !isAsker) return { exchange: id, n: leg.n }
  }
  return undefined
}

async function receive(
  context: ExchangeContext,
  message: IncomingMessage,
  inspection: Inspection,
  leg: Leg,
): Promise<Answer | 'withheld'> {
  const said = saidBy(inspection)
  if (said === undefined) return EMPTY
  const taken = await takeOrHold(context, message.peer.name, leg, said)
  if (taken === 'withheld') return taken
  if (taken === 'unfit') return refuse(context, message, inspection, 'wrong-answer')
  return taken === 'full' ? refuse(context, message, inspection, 'not-asked') : EMPTY
}

function saidBy(inspection: Inspection): Said | undefined {
  const { rid } = inspection
  if (rid?.msgType !== 'Acknowledgement') return { kind: 'answer', inspection }
  const status = rid.requestStatus?.AuthorizationStatus?.trim()
  if (status === 'Denied')
    return { kind: 'denied', reason: rid.requestStatus?.Justification?.trim() ?? 'CannotProcess' }
  return status === 'Approved' || status === 'Pending' ? { kind: 'promised' } : undefined
}

/** The sender is never told which of the two it is. */
async function tellUnknown(
  { store, events }: ExchangeContext,
  peer: string,
  msgType: string,
  hash: string,
): Promise<void> {
  const owner = await store.ownerOf(hash)
  if (owner === undefined) events.tell('callback-unknown', { peer, msgType })
  else events.tell('callback-stolen', { peer, msgType, owner })
}

async function refuse(
  context: ExchangeContext,
  { peer, id }: IncomingMessage,
  inspection: Inspection,
  code: RefusalCode,
): Promise<Answer> {
  const { status, title, detail } = REFUSALS[code]
  const incident = askedIncident(inspection)
  const incidents = incident === '' ? [] : [incident]
  const arrived = { direction: 'rid-to-rid', source: peer.name, incidents, message: id } as const
  await tellRefusal(context, peer.name, context.events.refused(arrived, code, detail))
  const problem: Problem = { status, title, detail }
  return { kind: 'problem', problem }
}
