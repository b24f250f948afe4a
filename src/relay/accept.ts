import type { Config, PeerConfig } from '../config/types.ts'
import { GatewayError, messageOf } from '../errors.ts'
import type { Events, Happening } from '../events.ts'
import { printable } from '../printable.ts'
import { itemIdApart } from '../profile/item.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Reader } from '../reading/reader.ts'
import { repairHint } from '../reading/repair-table.ts'
import type { Accept, Answer, IncomingMessage, Problem } from '../rid/contract.ts'
import { mayAnswer } from '../rid/exchange.ts'
import { type Justification, policyOf, type RidPolicy, renderAcknowledgement } from '../rid/message.ts'
import { isSameName, nodeOf, type RidSystem } from '../rid/node.ts'
import type { Acceptor } from '../store/contract.ts'
import { isQuestion, type MsgType } from '../vocabulary.ts'
import { lossesOf } from './in-version.ts'
import { deniedAsTest, type Judgement, judge } from './judge.ts'
import { createQueueRoom, type IsFull } from './queue-room.ts'
import { digestOfReport } from './report-digest.ts'
import { tellRefusal } from './tell-refusal.ts'

interface AcceptOptions {
  readonly config: Config
  readonly reader: Reader
  readonly store: Acceptor
  readonly events: Events
  /**
   * What becomes of a question, or of an answer to one; undefined for any other message. `unasked`: a Report that its sender takes for
   * an answer, and expects nothing in return (RFC 6546 Table 1).
   */
  readonly receive?: (message: IncomingMessage, inspection: Inspection) => Promise<Answer | 'unasked' | undefined>
  /** deliveries for this Topic were committed */
  wake(topic: string): void
}

/** The door, with what it remembers. */
interface Door extends AcceptOptions {
  readonly isFull: IsFull
}

/** Seconds a sender is asked to wait when the fault is ours. */
const RETRY_AFTER = 30

/**
 * The one door in for RID messages: valid, authorised, routed, committed to disk; only then answered. Never
 * throws for what the message holds.
 */
export function createAccept(parts: AcceptOptions): Accept {
  const { reader, config, store } = parts
  const options: Door = { ...parts, isFull: createQueueRoom({ config, store }) }
  return async (message) => {
    let inspection: Inspection
    try {
      const { charset, peer } = message
      const { strict, lenient = false } = peer
      const old = publishesOld(options.config)
      const readOptions = { ...(charset !== undefined && { charset }), strict, lenient, ...(old && { old }) }
      inspection = await reader.inspect(message.body, readOptions, { peer: peer.name })
    } catch (error) {
      return cannotRead(options, message, error)
    }
    let asked: Answer | 'unasked' | undefined
    try {
      const tested = message.peer.test === true && isQuestion(inspection.rid?.msgType)
      if (!tested) asked = await parts.receive?.(message, inspection)
    } catch (error) {
      parts.events.storeFailed('ask', error)
      return { kind: 'problem', problem: busy('The message cannot be taken now.') }
    }
    return asked === undefined || asked === 'unasked' ? await take(options, message, inspection, asked) : asked
  }
}

/** Is IODEF 1 published on any Topic? */
export function publishesOld({ grid }: Pick<Config, 'grid'>): boolean {
  return grid.topics.some(({ iodef }) => iodef === 1)
}

/** Judged and stored. */
async function take(
  options: Door,
  message: IncomingMessage,
  inspection: Inspection,
  asked: 'unasked' | undefined,
): Promise<Answer> {
  const { config, store, events } = options
  let judged: Judgement
  let digest = ''
  try {
    judged = judge(config, message.peer, inspection)
    if (judged.kind === 'accepted') digest = digestOfReport(judged.msgType, judged.document, inspection.rid)
  } catch (error) {
    // the same document would do it again at each repetition
    return cannotRead(options, message, new GatewayError('intake-failed', messageOf(error), { cause: error }))
  }
  if (judged.kind === 'problem') {
    // the sender can set nothing here, and is told nothing of it
    const reason = `${reasonOf(judged.problem)}${repairHint(inspection.repairable)}`
    return refuse(options, message, judged.code, judged.problem, judged.incidents, reason)
  }
  const { msgType, incidents } = judged
  const about = { direction: 'rid-to-grid', source: message.peer.name, incidents, message: message.id } as const
  if (judged.kind === 'denied') {
    await tellRefusal(
      options,
      message.peer.name,
      events.denied(about, judged.code, `${judged.reason}${repairHint(inspection.repairable)}`),
    )
    return deny(message, asked ?? msgType, inspection, judged.justification)
  }
  const test = deniedAsTest(message.peer, judged)
  if (test !== undefined) {
    await tellRefusal(options, message.peer.name, events.denied(about, test.code, test.reason))
    return deny(message, asked ?? msgType, inspection, 'test')
  }
  try {
    // what is stored already needs no room
    if (
      (await options.isFull(message.peer.name, judged.publications)) &&
      (await store.findEnvelope('rid-to-grid', message.peer.name, digest)) === undefined
    ) {
      return await refuse(options, message, 'queue-full', busy('The queue is full.'), incidents)
    }
    let accepted: Happening | undefined
    const remarks = [
      ...inspection.remarks,
      ...misdirected(inspection, config.rid.name),
      ...lostOn(oldTopics(config, judged), inspection),
    ]
    const acceptedAs = (deliveries: number) => ({
      ...about,
      msgType,
      deliveries,
      // what a strict peer would be refused for, or nobody is; what touches the text itself is said in words
      ...(inspection.warnings.length > 0 && { warnings: inspection.warnings.length }),
      ...(remarks.length > 0 && { note: remarks.join(' ') }),
    })
    const outcome = await store.accept(
      {
        direction: 'rid-to-grid',
        source: message.peer.name,
        digest,
        msgType,
        incidents,
        receivedAt: message.receivedAt,
        deliveries: judged.publications.map(({ topic, incident, also = [], item, size, variant }) => ({
          kind: 'topic',
          destination: topic,
          incident,
          also,
          item: item.id,
          variant,
          apart: itemIdApart(item.id, variant),
          payload: item.xml,
          size,
          state: 'pending',
        })),
      },
      (added) => {
        accepted = events.accepted(acceptedAs(added.filter((id) => id !== undefined).length))
        return accepted.trace
      },
    )
    if (outcome.outcome === 'duplicate') events.duplicate(about)
    else {
      accepted?.tell()
      tellLost(options, inspection, judged)
    }
  } catch (error) {
    events.storeFailed('accept', error)
    return { kind: 'problem', problem: busy('The report cannot be stored now.') }
  }
  for (const topic of new Set(judged.publications.map((p) => p.topic))) options.wake(topic)
  return approve(message, asked ?? msgType, inspection)
}

type Accepted = Extract<Judgement, { kind: 'accepted' }>

/** Topics of IODEF 1 that it is published on. */
function oldTopics({ grid }: Pick<Config, 'grid'>, { publications }: Accepted): string[] {
  const old = grid.topics.filter(({ iodef }) => iodef === 1)
  if (old.length === 0) return []
  const used = new Set(publications.map(({ topic }) => topic))
  return old.filter(({ name }) => used.has(name)).map(({ name }) => name)
}

/** What such Topics have not got of an IODEF 2 document: for trace and log. */
function lostOn(topics: readonly string[], { document }: Inspection): string[] {
  const old = document?.old
  if (topics.length === 0 || old === undefined || 'impossible' in old) return []
  return [`On ${topics.join(', ')}: ${lossesOf(old.losses).text}`]
}

function tellLost({ config, events }: AcceptOptions, { document }: Inspection, judged: Accepted): void {
  const old = document?.old
  if (old === undefined || 'impossible' in old) return
  const { lost } = lossesOf(old.losses)
  const [incident = ''] = judged.incidents
  if (lost === 0) return
  for (const destination of oldTopics(config, judged)) events.tell('downgraded', { destination, incident, lost })
}

/** RFC 6545 §5.1: Node is the system that the message is for. It may be another's that came here by mistake: somebody should know. */
function misdirected({ rid }: Inspection, own: string): string[] {
  const receivers = rid?.receivers ?? []
  if (receivers.length === 0 || receivers.some((name) => isSameName(name, own))) return []
  return [`RIDPolicy names another system as its receiver: ${printable(receivers.join(', ').slice(0, 100))}.`]
}

function busy(detail: string): Problem {
  return { status: 503, title: 'Try again later', detail, retryAfter: RETRY_AFTER }
}

async function cannotRead(options: AcceptOptions, message: IncomingMessage, error: unknown): Promise<Answer> {
  if (error instanceof GatewayError && error.permanence === 'permanent') {
    const problem = { status: 400, title: 'Cannot be read', detail: error.publicText } as const
    return refuse(options, message, error.code, problem, [], messageOf(error))
  }
  const code = error instanceof GatewayError ? error.code : 'internal'
  return refuse(options, message, code, busy('Too many documents are being read.'), [], messageOf(error))
}

async function refuse(
  options: AcceptOptions,
  message: IncomingMessage,
  code: string,
  problem: Problem,
  incidents: readonly string[],
  reason = reasonOf(problem),
): Promise<Answer> {
  const about = { direction: 'rid-to-grid', source: message.peer.name, incidents, message: message.id } as const
  await tellRefusal(options, message.peer.name, options.events.refused(about, code, reason))
  return { kind: 'problem', problem }
}

function reasonOf({ errors, detail, title }: Problem): string {
  return errors?.[0]?.message ?? detail ?? title
}

/** RFC 6546 Table 1: some messages may only be answered with an empty body. */
function approve(message: IncomingMessage, msgType: MsgType | 'unasked', inspection: Inspection): Answer {
  if (msgType === 'unasked' || !mayAnswer(msgType, 'Acknowledgement')) return { kind: 'reply', xml: '' }
  return { kind: 'reply', xml: renderAcknowledgement(replyPolicy(message, inspection), 'Approved') }
}

function deny(
  message: IncomingMessage,
  msgType: MsgType | 'unasked',
  inspection: Inspection,
  why: Justification,
): Answer {
  if (msgType === 'unasked' || !mayAnswer(msgType, 'Acknowledgement')) {
    return {
      kind: 'problem',
      problem: { status: 403, title: 'Denied', detail: 'The message cannot be processed here.' },
    }
  }
  return { kind: 'reply', xml: renderAcknowledgement(replyPolicy(message, inspection), { denied: why }) }
}

/** The request's own policy, back to where it came from (RFC 6545 §5.1); its IncidentID, else the first Incident's. */
function replyPolicy({ peer, address }: IncomingMessage, { rid, document }: Inspection): RidPolicy {
  const id = document?.incidents[0]?.id ?? null
  const node = nodeOf(systemAt(peer, address))
  const own = policyOf('Acknowledgement', peer.policy.region, peer.policy.traffic, node, id)
  const asked = rid?.policy
  if (asked == null) return own
  return {
    attributes: own.attributes,
    regions: asked.regions,
    node,
    traffic: asked.traffic,
    incidentId: asked.incidentId ?? own.incidentId,
  }
}

/** Peers at the address that each came from last: what names one is written once. */
const systems = new WeakMap<PeerConfig, RidSystem>()

function systemAt(peer: PeerConfig, address: string | undefined): RidSystem {
  const known = systems.get(peer)
  if (known !== undefined && known.address === address) return known
  const system = { name: peer.identity.dns, address }
  systems.set(peer, system)
  return system
}
