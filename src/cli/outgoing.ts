import type { IncidentId } from '../iodef/incident-id.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { OutgoingMessage } from '../rid/contract.ts'
import { policyOf, renderMessage, SOURCE_NOT_FOUND } from '../rid/message.ts'
import { nodeOf, type RidSystem } from '../rid/node.ts'
import { isQuestion, MSG_TYPES, type MsgType } from '../vocabulary.ts'

/** How the message that `send` writes itself is addressed. */
export interface Addressed {
  readonly msgType: MsgType
  /** the receiver's DNS name, where it is not that of its URL */
  readonly name: string | undefined
  /** what `--incident` says */
  readonly incident: IncidentId | undefined
}

/** RFC 6545 §7.4.1: a Query that asks for an incident by its number, without a document. */
export function queryByNumber(addressed: Addressed & { readonly incident: IncidentId }): OutgoingMessage {
  return addressedTo(addressed, addressed.incident, null)
}

/** The document in a RID message for that RID system; undefined for what is sent as it is. */
export function wrapped({ format, document }: Inspection, addressed: Addressed): OutgoingMessage | undefined {
  if (document === null || (format !== 'IODEF 2' && format !== 'IODEF 1')) return undefined
  // a Query's document has a number of its own, and nobody asks for that (RFC 6545 §6.5)
  const own = addressed.msgType === 'Query' ? undefined : document.incidents[0]?.id
  const xml = document.original?.text ?? document.xml
  return addressedTo(addressed, addressed.incident ?? own ?? null, { xml, version: document.version })
}

function addressedTo(
  { msgType, name }: Addressed,
  id: IncidentId | null,
  document: Parameters<typeof renderMessage>[1],
): OutgoingMessage {
  // nobody here found a source, and RFC 6545 §6.3 has none without
  const source = msgType === 'Result' ? SOURCE_NOT_FOUND : null
  const write = (to: RidSystem) => {
    const policy = policyOf(msgType, 'PeerToPeer', 'Network', nodeOf({ ...to, name: name ?? to.name }), id)
    return renderMessage(policy, document, source)
  }
  return { write, msgType }
}

/** The text goes out as UTF-8, so its XML declaration must not say otherwise. */
export function asItIs(text: string, { rid }: Inspection): OutgoingMessage {
  const xml = text.replace(/^(<\?xml[^>]*?\sencoding\s*=\s*)("[^"]*"|'[^']*')/, '$1"UTF-8"')
  return { write: () => xml, msgType: MSG_TYPES.find((type) => type === rid?.msgType) }
}

/** `NAME/ID` or `NAME/ID#INSTANCE`, RFC 7970 §3.4; undefined for anything else. */
export function incidentNamed(written: string): IncidentId | undefined {
  const [, name = '', id = '', instance] = /^\s*([^/]+)\/([^#]+)(?:#(.+))?$/s.exec(written) ?? []
  const trimmed = { name: name.trim(), id: id.trim(), instance: instance?.trim() ?? null }
  return trimmed.name === '' || trimmed.id === '' || trimmed.instance === '' ? undefined : trimmed
}

/** What may answer a question, later too (RFC 6545 §7); null: nothing is awaited. */
export function answersTo(msgType: MsgType | undefined): readonly string[] | null {
  if (!isQuestion(msgType)) return null
  return msgType === 'Query' ? ['Report'] : ['Result', 'Report']
}
