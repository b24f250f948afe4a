import { randomUUID } from 'node:crypto'
import { policyOf, renderAcknowledgement, renderMessage, SOURCE_NOT_FOUND } from '../rid/message.ts'
import { nodeOf, type RidSystem } from '../rid/node.ts'
import type { MsgType } from '../vocabulary.ts'
import { NS } from '../xml/namespaces.ts'

/** Whoever is asked for it has nothing under that number. */
const NOBODY = 'probe.invalid'

/** A message of that type that changes nothing where it is understood: about an incident that nobody has. */
export function harmless(msgType: 'Query' | 'Acknowledgement', to: RidSystem): string {
  const policy = policyOf(msgType, 'PeerToPeer', 'Network', nodeOf(to), anIncident())
  return msgType === 'Query' ? renderMessage(policy, null) : renderAcknowledgement(policy, 'Pending')
}

/** A MsgType that RFC 6545 §5.1 has not. */
export function unknownType(to: RidSystem): string {
  return harmless('Query', to).replace('MsgType="Query"', 'MsgType="Probe"')
}

/** A message with a document, which whoever gets it may store, show or pass on: private, and says what it is. */
export function posted(msgType: MsgType, to: RidSystem): string {
  const id = anIncident()
  const policy = policyOf(msgType, 'PeerToPeer', 'Network', nodeOf(to), id)
  const purpose = msgType === 'Report' ? 'reporting' : 'traceback'
  const xml =
    `<IODEF-Document xmlns="${NS.iodef2}" version="2.00" xml:lang="en"><Incident purpose="${purpose}" restriction="private">` +
    `<IncidentID name="${id.name}">${id.id}</IncidentID><GenerationTime>${new Date().toISOString()}</GenerationTime>` +
    '<Description>A probe of what this RID system answers. Nothing has happened; there is nothing to do.</Description>' +
    '<Contact role="creator" type="organization"><ContactName>iodef-gateway probe</ContactName></Contact>' +
    '</Incident></IODEF-Document>'
  return renderMessage(policy, { xml, version: 2 }, msgType === 'Result' ? SOURCE_NOT_FOUND : null)
}

/** The same text in UTF-16 with a byte order mark, which every XML processor reads (XML 1.0 §2.2). */
export function inUtf16(xml: string): Uint8Array {
  return Buffer.from(`\ufeff${xml.replace('encoding="UTF-8"', 'encoding="UTF-16"')}`, 'utf16le')
}

function anIncident() {
  return { name: NOBODY, id: randomUUID(), instance: null }
}
