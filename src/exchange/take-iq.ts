import type { RouteConfig } from '../config/types.ts'
import { GatewayError } from '../errors.ts'
import type { GridIq, GridIqReply, Participants } from '../grid/contract.ts'
import { elementOf } from '../profile/msg-types.ts'
import type { Inspection } from '../reading/inspection.ts'
import { tellRefusal } from '../relay/tell-refusal.ts'
import { isQuestion, MSG_TYPES } from '../vocabulary.ts'
import { askByIq } from './ask-by-iq.ts'
import { jidAsker, type Participant, participantOf } from './asker.ts'
import type { ExchangeContext } from './context.ts'
import { askedJids, bareOf } from './jids.ts'
import type { Rate } from './rate.ts'
import { whomElse } from './route-question.ts'
import { type FromJid, takeFromJid } from './take-from-jid.ts'

/** A report that was read and is valid, of a participant who may send it, from whatever address. */
type ReportDoor = (participant: Participant, inspection: Inspection) => Promise<GridIqReply>

export interface IqOptions {
  /** reports that nobody asked for */
  readonly report: ReportDoor
  /** nothing new is taken any more */
  readonly draining: () => boolean
}

const BAD = { kind: 'error', type: 'modify', condition: 'bad-request' } as const
const BUSY: GridIqReply = { kind: 'error', type: 'wait', condition: 'resource-constraint' }
const NOT_ALLOWED: GridIqReply = { kind: 'error', type: 'cancel', condition: 'not-allowed' }
const UNEXPECTED: GridIqReply = { kind: 'error', type: 'modify', condition: 'unexpected-request' }

/** XEP-0268 §2: questions are asked by get, answers and reports sent by set. */
const TYPES: Readonly<Record<string, GridIq['type']>> = {
  inquiry: 'get',
  request: 'get',
  report: 'set',
  response: 'set',
}

/** Who on the grid may send us IQs about incidents, and what becomes of those. */
export function createParticipants(context: ExchangeContext, rate: Rate, options: IqOptions): Participants {
  const { config } = context
  return {
    knows: (who) => participantOf(config.grid, who) !== undefined || isAsked(config.routes, who),
    reachable(who) {
      const participant = participantOf(config.grid, who)
      if (participant === undefined) return []
      const { accept } = participant
      const types = MSG_TYPES.filter((type) => isQuestion(type) && accept.some((word) => word === elementOf(type)))
      return whomElse(config.routes, jidAsker(participant), types)
    },
    async iq(iq) {
      try {
        return await take(context, rate, options, iq)
      } catch (error) {
        context.events.storeFailed('iq', error)
        return BUSY
      }
    },
  }
}

async function take(
  context: ExchangeContext,
  rate: Rate,
  { report, draining }: IqOptions,
  { from, who, type, element, xml }: GridIq,
): Promise<GridIqReply> {
  const participant = participantOf(context.config.grid, who)
  const refuse = async (reply: GridIqReply, code: string, reason: string, incidents: readonly string[] = []) => {
    const source = `jid ${who}`
    const arrived = { direction: 'grid-to-rid', source, incidents } as const
    await tellRefusal(context, source, context.events.refused(arrived, code, reason))
    return reply
  }
  const expected = TYPES[element]
  if (expected === undefined) return { kind: 'error', type: 'cancel', condition: 'feature-not-implemented' }
  const wrongType = `A ${element} comes in an IQ of type ${expected}.`
  if (type !== expected) return refuse({ ...BAD, text: wrongType }, 'improper', wrongType)
  const may = participant?.accept.some((word) => word === element) === true
  const answers = expected === 'set' && isAsked(context.config.routes, who)
  const forbidden = () => refuse(NOT_ALLOWED, 'msg-type', `it may not send a ${element} unasked`)
  if (!may && !answers && element !== 'response') return forbidden()
  if (draining()) return BUSY
  const read = await readIq(context, who, xml, participant?.lenient)
  if (read.kind === 'busy') return BUSY
  if (read.kind === 'unreadable') return refuse({ ...BAD, text: read.why }, 'invalid', read.why)
  const { inspection } = read
  const incidents = inspection.document?.incidents.map(({ key }) => key) ?? inspection.claimed ?? []
  const flaw = flawOf(inspection, element)
  if (flaw !== undefined) return refuse({ ...BAD, text: flaw }, 'invalid', flaw, incidents)
  const taken = answers ? await takeFromJid(context, from, inspection) : undefined
  const isAnswer = !(may && isOwnReport(inspection))
  if (isAnswer && isTaken(taken)) return { kind: 'result' }
  if (isAnswer && (taken === 'refused' || element === 'response')) {
    return refuse(UNEXPECTED, 'not-asked', `a ${element} that answers nothing`, incidents)
  }
  if (participant === undefined || !may) return forbidden()
  if (element !== 'report') return askByIq(context, rate, participant, from, inspection)
  return asTaken(taken, await report(participant, inspection))
}

function isTaken(taken: FromJid | undefined): boolean {
  return taken === 'taken' || taken === 'withheld'
}

/** What it was taken for as an answer is not to be sent again, whatever else becomes of it. */
function asTaken(taken: FromJid | undefined, reply: GridIqReply): GridIqReply {
  return taken === 'taken' && reply.kind === 'error' && reply.type !== 'wait' ? { kind: 'result' } : reply
}

/** Whoever names no exchange may mean a report of its own: that somebody asked must not keep it from where it goes. */
function isOwnReport({ item }: Inspection): boolean {
  return item?.element === 'report' && item.exchange === null
}

/** Whoever was asked may answer. */
function isAsked(routes: readonly RouteConfig[], who: string): boolean {
  return askedJids(routes).some((jid) => bareOf(jid) === who)
}

type Read =
  | { readonly kind: 'read'; readonly inspection: Inspection }
  /** it is its sender's fault */
  | { readonly kind: 'unreadable'; readonly why: string }
  | { readonly kind: 'busy' }

async function readIq({ reader }: ExchangeContext, who: string, xml: string, lenient = false): Promise<Read> {
  try {
    const options = { charset: 'utf-8', terms: true, question: true, lenient }
    return { kind: 'read', inspection: await reader.inspect(Buffer.from(xml), options, { peer: who }) }
  } catch (error) {
    if (!(error instanceof GatewayError) || error.permanence === 'transient') return { kind: 'busy' }
    return { kind: 'unreadable', why: error.publicText }
  }
}

/** What people are told of what is wrong with it: the first thing. */
function flawOf({ valid, errors, item }: Inspection, element: string): string | undefined {
  const [error] = errors
  if (!valid) return error === undefined ? 'It is not valid.' : `Line ${error.line}: ${error.message}`
  if (item?.element !== element) return `It is no ${element} of XEP-0268.`
  // docs/grid-profile.md §9: nobody would fetch it, and what goes on has not got its key
  return item.file === undefined ? undefined : 'It stands for a file, which only an item of a Topic may.'
}
