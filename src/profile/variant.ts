import { hash } from 'node:crypto'

/** What a message says besides its Incidents: the item id has none of it (docs/grid-profile.md §5). */
interface Besides {
  /** RFC 6545 §5: as written */
  readonly msgType?: string | undefined
  /** the IODEF-Document around the Incidents, in normal form; null when it says nothing */
  readonly shell?: string | null
  /** the RIDPolicy's, when it has one */
  readonly restriction?: string | undefined
  readonly incidentSource?: string | null
  readonly original?: string | null
  readonly signatures?: readonly string[]
}

/**
 * Tells reports of the same Incident apart, as a hex digest; '' when there is nothing besides. The rest of RIDPolicy does not
 * count: it changes from hop to hop, and a report would come back as another one for ever.
 */
export function variantOf({ msgType, shell, restriction, incidentSource, original, signatures }: Besides): string {
  const parts = [msgType, shell, restriction, incidentSource, original, ...(signatures ?? [])].map((part) => part ?? '')
  return parts.every((part) => part === '') ? '' : hash('sha256', JSON.stringify(parts), 'hex')
}
