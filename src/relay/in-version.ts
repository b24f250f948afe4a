import { GatewayError } from '../errors.ts'
import type { MessageNews } from '../events/messages.ts'
import type { SendOutcome } from '../outcome.ts'
import type { Downgraded } from '../reading/downgraded-document.ts'
import type { Delivery } from '../store/contract.ts'
import type { Tell } from '../tell.ts'

/** A document as it goes out in a RID message. */
export interface OutgoingDocument {
  readonly xml: string
  readonly version: 1 | 2
  readonly signatures: readonly string[]
}

type Losses = Readonly<Record<string, number>>

/** A peer, or whoever else is sent documents. */
export interface Target {
  readonly name: string
  /** the latest version of IODEF that it reads [2] */
  readonly iodef?: number
}

export type Downgrade = (xml: string) => Promise<Downgraded>

export type InVersion =
  /** `losses`: by class, or `Class/@attribute`, how many IODEF 1 has no place for; null where it goes as it is */
  | { readonly document: OutgoingDocument; readonly losses: Losses | null }
  /** why not, as half a sentence */
  | { readonly impossible: string }

/**
 * The document for whoever reads no later version of IODEF than `iodef` says (docs/decisions/0016). What came as IODEF 1 goes as it
 * came. Rejects with GatewayError where it is not its fault that it cannot be made now.
 */
export async function inVersion(
  { iodef }: Pick<Target, 'iodef'>,
  document: OutgoingDocument,
  downgrade: Downgrade,
): Promise<InVersion> {
  if (iodef !== 1 || document.version === 1) return { document, losses: null }
  try {
    const made = await downgrade(document.xml)
    if (made.kind === 'impossible') return { impossible: `it cannot be written as IODEF 1: ${made.reason}` }
    // what signs the document that travels along stays beside it
    return { document: { ...document, xml: made.xml, version: 1 }, losses: made.losses }
  } catch (error) {
    if (!(error instanceof GatewayError) || error.permanence === 'transient') throw error
    return { impossible: `it cannot be written as IODEF 1: ${error.publicText}` }
  }
}

/** What whoever it was sent to has not got of it: in the trace by name, in the log by count. */
export function tellLosses<Outcome extends SendOutcome>(
  tell: Tell<Pick<MessageNews, 'downgraded'>>,
  { name }: Pick<Target, 'name'>,
  { id, incident }: Pick<Delivery, 'id' | 'incident'>,
  outcome: Outcome,
  losses: Losses | null,
): Outcome {
  if (outcome.kind !== 'delivered' || losses === null) return outcome
  const { lost, text } = lossesOf(losses)
  if (lost > 0) tell('downgraded', { delivery: id, destination: name, incident, lost })
  const { note } = outcome
  return {
    ...outcome,
    note: note === undefined ? { code: 'downgraded', text } : { ...note, text: `${note.text} ${text}` },
  }
}

/** How many things are lost, and which, for log and trace: classes and attributes of RFC 7970, never what they say. */
export function lossesOf(losses: Losses): { readonly lost: number; readonly text: string } {
  const all = Object.entries(losses)
  const lost = all.reduce((sum, [, count]) => sum + count, 0)
  const text =
    lost === 0
      ? 'Sent as IODEF 1.'
      : `Sent as IODEF 1, without ${all.map(([name, count]) => `${name}${count === 1 ? '' : ` (${count})`}`).join(', ')}.`
  return { lost, text }
}
