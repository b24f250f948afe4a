import type { IncidentId } from '../iodef/incident-id.ts'
import type { Needed, Reasons } from '../iodef/restriction.ts'
import type { Terms } from '../iodef/terms.ts'

export interface DocumentReading {
  readonly version: 1 | 2
  /** in normal form */
  readonly xml: string
  /** hex SHA-256 of `xml` */
  readonly digest: string
  /** the IODEF-Document element without its Incidents, in normal form; null when it says nothing but version="2.00" */
  readonly shell: string | null
  readonly incidents: readonly IncidentReading[]
  readonly needed: Needed
  /** of a request: names and addresses of those who passed it on (RFC 6545 §6.1) */
  readonly path?: readonly string[]
  /** why it needs that */
  readonly reasons: Reasons
  /** what the document alone asks for: less than `needed`, when the RID message around it asks for more */
  readonly alone: Needed
  /** what has to travel beside the normal form, since that or a Broker would damage it */
  readonly original: Original | null
  /** the document, or item, as it came, where it had to be repaired first: to be kept, and never read again as it stands */
  readonly came?: string
  /** true when a Broker would change even what is seen of it */
  readonly fragile: boolean
  /** true when one Incident refers to an identifier of another, so that neither is a valid document alone */
  readonly linked: boolean
  /** why a Broker would not take its items or never give them back, or nobody would find them valid; null when all is well */
  readonly obstacle: string | null
  /** why what it holds would not be valid inside an item or a RID message; null: it would */
  readonly misfit: string | null
  /** an IODEF 1 document as it is published: IODEF 2 with the document itself as original; null for IODEF 2 */
  readonly upgraded: DocumentReading | { readonly invalid: string } | null
  /** what it is on a Topic of IODEF 1; only where that was asked for */
  readonly old?: OldForm
}

/** `impossible`: what such a Topic's items cannot carry, as the rest of a sentence. */
export type OldForm =
  | {
      /** in normal form, one for each Incident of the document */
      readonly incidents: readonly string[]
      /** that of the document that comes back */
      readonly shell: string | null
      /** what has to travel beside them */
      readonly carried: Original | null
      /** by class, or `Class/@attribute`, how many of them IODEF 1 has no place for */
      readonly losses: Readonly<Record<string, number>>
    }
  | { readonly impossible: string }

export interface Original {
  readonly text: string
  /** `version`: the text is IODEF 1, and what is seen its upgrade; a signed one stays `signature` */
  readonly reason: 'signature' | 'characters' | 'version'
  /** IODEF version of `text` */
  readonly version: 1 | 2
}

export interface IncidentReading {
  readonly id: IncidentId
  readonly key: string
  /** RFC 7970 §3.2, as written */
  readonly purpose: string
  /** in normal form */
  readonly xml: string
  /** bytes of `xml` in UTF-8 */
  readonly size: number
  /** what it can be found by, where that was asked for; of an IODEF 1 document its upgrade has them */
  readonly terms?: Terms
}
