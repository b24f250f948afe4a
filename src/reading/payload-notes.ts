import { payloadOf } from '../rid/payload.ts'
import type { Diagnostic, XmlElement } from '../xml/tree.ts'

/** What nobody would get of a RID message that its schema accepts: no document at all, more than one, or something beside it. */
export function payloadNotes(rid: XmlElement): Diagnostic[] {
  const { documents, holder, lacks, beside } = payloadOf(rid)
  const note = (message: string): Diagnostic[] => {
    const { line, column } = holder ?? rid
    return [{ line, column, message }]
  }
  if (lacks !== null) return note(`The message holds no IODEF-Document: ${lacks}.`)
  if (documents.length > 1)
    return note(`There are ${documents.length} IODEF-Documents: one is taken, more are refused (400).`)
  return beside.length === 0
    ? []
    : note(`Beside the IODEF-Document stands what is not delivered (RFC 6545 §5.6): ${beside.join(', ')}.`)
}
