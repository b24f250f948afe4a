import { type IncidentId, incidentKey } from '../iodef/incident-id.ts'
import { incidentTerms, type Term, type TermKind } from '../iodef/term-words.ts'
import type { Terms } from '../iodef/terms.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Justification } from '../rid/message.ts'
import type { RecordQuery } from '../store/archive.ts'
import type { MsgType } from '../vocabulary.ts'

/** What a Query asks of an archive, Topics and rights aside. */
type Criteria = Omit<RecordQuery, 'topics' | 'needed' | 'limit' | 'most'>

type Asked =
  | { readonly kind: 'criteria'; readonly criteria: Criteria }
  | { readonly kind: 'denied'; readonly code: 'no-criterion' | 'format'; readonly justification: Justification }

/** Terms of one row are alternatives; of several rows each has to fit. */
const ROWS: readonly (readonly TermKind[])[] = [
  [
    ...['address', 'address source', 'address target'],
    ...['domain', 'domain source', 'domain target'],
    ...['asset', 'asset source', 'asset target'],
  ] as TermKind[],
  ['port', 'hash', 'record'],
  ['category', 'impact'],
]

/** terms of one row */
const MOST = 64

/**
 * What is asked for (RFC 6545 §6.5, §7.4): the incident that RIDPolicy names, or what the document describes. The number in the document
 * is the question's own.
 */
export function criteriaOf({ rid, document }: Pick<Inspection, 'rid' | 'document'>): Asked {
  const number = rid?.incidentId
  if (number != null && number.id !== '') return { kind: 'criteria', criteria: { terms: [byNumber(number)] } }
  if (document === null) {
    return rid?.hasPayload === true
      ? { kind: 'denied', code: 'format', justification: 'UnrecognizedFormat' }
      : { kind: 'denied', code: 'no-criterion', justification: 'CannotProcess' }
  }
  const { upgraded } = document
  const readable = upgraded === null || 'invalid' in upgraded ? document : upgraded
  const terms = readable.incidents[0]?.terms
  const criteria = terms && described(terms, document.version === 1)
  if (criteria === undefined || isEmpty(criteria)) {
    return { kind: 'denied', code: 'no-criterion', justification: 'CannotProcess' }
  }
  return { kind: 'criteria', criteria }
}

/** A request is about what its document says: without one that can be read it would be passed on as another. */
export function lacksDocument({ document }: Pick<Inspection, 'document'>, msgType: MsgType): boolean {
  return document === null && msgType !== 'Query'
}

/** What the exchange is called by: the number that is asked for; '' where it is another question. */
export function askedIncident({ rid }: Pick<Inspection, 'rid'>): string {
  const number = rid?.incidentId
  return number == null || number.id === '' ? '' : incidentKey(number)
}

/** With an instance that one alone, else all of them. */
function byNumber(number: IncidentId): Term[] {
  const kind = number.instance === null ? 'incident' : 'instance'
  return incidentTerms(number)
    .filter((term) => term.kind === kind)
    .slice(0, 1)
}

/** `isOld`: IODEF 1, where everybody has to write a ReportTime, says nothing with it. */
function described(terms: Terms, isOld: boolean): Criteria {
  const { detected, start, end, takenInUntil, rating, confidence } = terms
  const reported = isOld ? null : terms.reported
  const asked = specific(terms.terms)
  const rows = ROWS.map((kinds) => asked.filter(({ kind }) => kinds.includes(kind)).slice(0, MOST))
  return {
    terms: rows.filter((row) => row.length > 0),
    ...(start !== null && { from: start }),
    ...(end !== null && { to: end }),
    ...(detected !== null && { detectedFrom: detected }),
    ...(reported !== null && { takenInFrom: reported }),
    ...(takenInUntil !== null && { takenInTo: takenInUntil }),
    ...(rating !== null && { rating }),
    ...(confidence !== null && { confidence }),
  }
}

/** Where a System is said to be source or target it is asked for as such; a port with its protocol, where there is one. */
function specific(terms: readonly Term[]): Term[] {
  const isSaid = ({ lo, hi }: Term, kinds: readonly string[]) =>
    terms.some((other) => kinds.includes(other.kind) && other.lo === lo && other.hi === hi)
  const ofProtocol = (port: string) =>
    terms.some(({ kind, lo }) => kind === 'port' && !lo.startsWith('*') && lo.endsWith(port))
  return terms.filter((term) => {
    if (term.kind === 'port' && term.lo.startsWith('*')) return !ofProtocol(term.lo.slice(1))
    return !isSaid(term, [`${term.kind} source`, `${term.kind} target`])
  })
}

function isEmpty({ terms, ...bounds }: Criteria): boolean {
  return terms.length === 0 && Object.keys(bounds).length === 0
}
