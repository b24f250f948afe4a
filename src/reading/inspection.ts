import type { SharedFile } from '../profile/file-sharing.ts'
import type { ExchangeMark, IncidentElement } from '../profile/item.ts'
import type { Place } from '../profile/place.ts'
import type { RidPolicy, RidReading } from '../rid/message.ts'
import type { Diagnostic, XmlElement } from '../xml/tree.ts'
import type { DocumentReading } from './document.ts'
import type { RepairName } from './repair-table.ts'

export type Format = 'IODEF 2' | 'IODEF 1' | 'RID' | 'XEP-0268' | 'unknown'

export interface ReadOptions {
  readonly charset?: string
  /** RFC 7970's text-only rules are errors, not warnings */
  readonly strict?: boolean
  /** warn of what RFC 7970 advises against, too: for people who look at a file */
  readonly advice?: boolean
  /** the document is one of several parts, whose identifiers the others may hold */
  readonly part?: boolean
  /** say what it is on a Topic of IODEF 1 */
  readonly old?: boolean
  /**
   * what is not valid is repaired, where that makes it valid; false: it is said which repairs would. Left out, nobody asks: nothing is
   * looked for
   */
  readonly lenient?: boolean
  /** an inquiry need say no more than what it asks for (XEP-0268 §4) */
  readonly question?: boolean
  /** an IODEF 1 document counts as it stands, whatever travels along in it: it is our own, on its way out */
  readonly asItStands?: boolean
  /** read step by step, however plain it is */
  readonly careful?: boolean
  /** say by what each Incident can be found (a Query's, and those of items that ask, are always told) */
  readonly terms?: boolean
}

/** Everything the gateway wants to know of a document: plain data, made in a worker, safe to use without another look. */
export interface Inspection {
  readonly format: Format
  readonly valid: boolean
  /** at most 20 */
  readonly errors: readonly Diagnostic[]
  /** how many more errors there are */
  readonly more: number
  /** at most 20 */
  readonly warnings: readonly Diagnostic[]
  /** what the log shall say of a document that is valid, in sentences without what the document says */
  readonly remarks: readonly string[]
  /** what was repaired before it could be read */
  readonly repairs?: readonly RepairName[]
  /** what `lenient` would have repaired of it, so that it could be */
  readonly repairable?: readonly RepairName[]
  /** why a RID message is not taken although its schema accepts it, at most 20: it contradicts itself (RFC 6545) */
  readonly improper?: readonly Diagnostic[]
  /** what a document that is not valid says it is about, as incident keys, at most 20: for the trace and nothing else */
  readonly claimed?: readonly string[]
  /** the root's name, for messages about what is not understood */
  readonly root: string
  readonly rid: RidReading | null
  readonly item: ItemReading | null
  /** the IODEF-Document, wherever it was found; null unless `valid` */
  readonly document: DocumentReading | null
}

/** An XEP-0268 payload. `document` of the Inspection is the document that its part belongs to, rebuilt as far as possible. */
export interface ItemReading extends Place {
  readonly element: IncidentElement
  /** the Incident that it shows, where that is IODEF 1 and the document is not */
  readonly shown?: string
  readonly policy: RidPolicy | null
  readonly incidentSource: string | null
  /** Signatures beside the document, as in RidReading */
  readonly signatures: readonly string[]
  /** the question that it is, or belongs to */
  readonly exchange: ExchangeMark | null
  /** what it shows is a stub: its document is this file; in a clause, why that cannot be */
  readonly file?: SharedFile | string
}

/** A step of reading that ends it. */
export interface Refused {
  readonly ok: false
  readonly refused: Inspection
}

const CAP = 20

/** The Inspection of what cannot be used; `total` counts the errors that are not listed too. */
export function refused(
  format: Format,
  root: XmlElement | null,
  errors: readonly Diagnostic[],
  total: number,
  warnings: readonly Diagnostic[] = [],
): Inspection {
  const sorted = errors.map(diagnostic).toSorted((a, b) => a.line - b.line || a.column - b.column)
  const shown = sorted.slice(0, CAP)
  return {
    format,
    valid: false,
    errors: shown,
    more: Math.max(0, total - shown.length),
    warnings: shortened(warnings),
    remarks: [],
    root: nameOf(root),
    rid: null,
    item: null,
    document: null,
  }
}

/** The Inspection of what is valid. */
export function inspectionOf(
  { format, root, warnings }: { format: Format; root: XmlElement; warnings: readonly Diagnostic[] },
  found: Pick<Inspection, 'rid' | 'item' | 'document'>,
): Inspection {
  const beside = found.rid?.beside ?? []
  const remarks =
    beside.length === 0 ? [] : [`Beside the IODEF-Document stands what is not delivered: ${beside.join(', ')}.`]
  const told = { warnings: shortened(warnings), remarks, root: nameOf(root) }
  return { format, valid: true, errors: [], more: 0, ...told, ...found }
}

/** The Inspection of a text that may not be the one that was meant: what cannot be read at all may be so for that reason. */
export function inDoubt(inspection: Inspection, doubt: Diagnostic): Inspection {
  const { format, errors, warnings, remarks } = inspection
  if (format === 'unknown') return { ...inspection, errors: [...errors, diagnostic(doubt)].slice(0, CAP) }
  return { ...inspection, warnings: shortened([doubt, ...warnings]), remarks: [doubt.message, ...remarks] }
}

/** A stranger's name, short enough for any message. */
export function nameOf(root: XmlElement | null): string {
  return root?.local.slice(0, 60) ?? ''
}

/** At most 20, and nothing but line, column and message. */
export function shortened(list: readonly Diagnostic[]): Diagnostic[] {
  return list.slice(0, CAP).map(diagnostic)
}

function diagnostic({ line, column, message }: Diagnostic): Diagnostic {
  return { line, column, message }
}
