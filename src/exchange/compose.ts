import { strictest } from '../iodef/restriction.ts'
import { joinDocument } from '../profile/shell.ts'
import type { Part } from '../relay/part.ts'
import { parsePart } from '../relay/stored-part.ts'
import type { RidPolicy } from '../rid/message.ts'
import type { ArchivedRecord } from '../store/archive.ts'
import type { AnswerBody, Carried } from './stored.ts'

interface ComposeOptions {
  /** Incidents in one Report (RFC 6545 §6.5) */
  readonly reports: number
  /** bytes of one document */
  readonly maxMessage: number
  readonly incidentId: RidPolicy['incidentId']
  /** how many Incidents a document has, where it is valid; undefined where it is not */
  readonly check: (xml: string) => Promise<number | undefined>
}

interface Composed {
  readonly answers: readonly AnswerBody[]
  /** Incidents that were left out: what the store has of them cannot be read, or is no document by itself */
  readonly left: number
}

interface Shown {
  readonly topic: string
  readonly part: Part
}

/**
 * The Reports that answer with these records, in their order. A document as it came stays a message of its own; Incidents whose
 * documents say nothing else, or the same, share one, as long as that is valid.
 */
export async function compose(records: readonly ArchivedRecord[], options: ComposeOptions): Promise<Composed> {
  const answers: AnswerBody[] = []
  let left = 0
  for (const bunch of bunches(records, options.reports)) {
    if (bunch === 'unreadable') left += 1
    else {
      const made = await documentsOf(bunch, options)
      answers.push(...made)
      left += bunch.length - made.reduce((sum, { shown }) => sum + shown, 0)
    }
  }
  return { answers: answers.map(({ shown: _, ...answer }: AnswerBody & { shown?: number }) => answer), left }
}

/** What goes together, if that is valid. The same in two items is one; an original is all of its document. */
function bunches(records: readonly ArchivedRecord[], reports: number): (readonly Shown[] | 'unreadable')[] {
  const made: (Shown[] | 'unreadable')[] = []
  const open = new Map<string, Shown[]>()
  const known = new Set<string>()
  for (const { topic, content, body } of records) {
    const kept = parsePart(body)
    if (kept.kind !== 'part') {
      made.push('unreadable')
      continue
    }
    const { part } = kept
    const same = part.original ?? content
    if (known.has(same)) continue
    known.add(same)
    const alike = JSON.stringify([part.version, part.shell, part.policy?.attributes.restriction])
    const bunch = part.original === null ? open.get(alike) : undefined
    if (bunch !== undefined && bunch.length < reports) bunch.push({ topic, part })
    else {
      const fresh = [{ topic, part }]
      made.push(fresh)
      if (part.original === null) open.set(alike, fresh)
    }
  }
  return made
}

type Made = AnswerBody & { readonly shown: number }

async function documentsOf(bunch: readonly Shown[], options: ComposeOptions): Promise<Made[]> {
  const [first] = bunch
  if (first === undefined) return []
  const { part } = first
  if (part.original !== null) {
    const { original: xml, signatures, originalVersion: version = part.version } = part
    return [answerOf(bunch, { xml, version, signatures }, options)]
  }
  const incidents = bunch.flatMap((one) => one.part.incidents)
  const xml = joinDocument(part.shell, incidents)
  const fits = Buffer.byteLength(xml) <= options.maxMessage && (await options.check(xml)) === incidents.length
  if (fits) return [answerOf(bunch, { xml, version: part.version, signatures: [] }, options)]
  if (bunch.length === 1) return []
  // identifiers that two of them use, or too much of it
  const alone: Made[] = []
  for (const one of bunch) alone.push(...(await documentsOf([one], options)))
  return alone
}

function answerOf(bunch: readonly Shown[], document: Carried, { incidentId }: ComposeOptions): Made {
  const [first] = bunch
  const id = first?.part.id
  const own = id && {
    attributes: { name: id.name, ...(id.instance !== null && { instance: id.instance }) },
    text: id.id,
  }
  const restriction = first?.part.policy?.attributes.restriction
  return {
    msgType: 'Report',
    incidentId: incidentId ?? own ?? null,
    ...(restriction !== undefined && { restriction }),
    document,
    incidentSource: null,
    status: null,
    topics: [...new Set(bunch.map(({ topic }) => topic))],
    needed: strictest(bunch.map(({ part }) => part.needed)),
    shown: bunch.length,
  }
}

/** RFC 6545 §7.4: there is nothing, or nothing that the asker may see. */
export function emptyReport(incidentId: RidPolicy['incidentId']): AnswerBody {
  return {
    msgType: 'Report',
    incidentId,
    document: null,
    incidentSource: null,
    status: null,
    topics: [],
    needed: [],
  }
}

export function acknowledgement(
  incidentId: RidPolicy['incidentId'],
  status: NonNullable<AnswerBody['status']>,
): AnswerBody {
  return { ...emptyReport(incidentId), msgType: 'Acknowledgement', status }
}
