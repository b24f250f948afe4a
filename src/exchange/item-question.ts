import type { IncidentId } from '../iodef/incident-id.ts'
import { typeOf } from '../profile/msg-types.ts'
import type { Inspection } from '../reading/inspection.ts'
import { policyOf, type RidPolicy, type RidReading } from '../rid/message.ts'
import { nodeOf } from '../rid/node.ts'
import type { MsgType } from '../vocabulary.ts'
import { isQuestion } from '../vocabulary.ts'

/** A question as RID has it. */
type AsMessage = Inspection & {
  readonly rid: RidReading & { readonly msgType: MsgType; readonly policy: RidPolicy }
}

/**
 * An `inquiry` or `request` (XEP-0268) as the RID message that it stands for. What it asks for by number is what its RIDPolicy names; where
 * it has none the IncidentID of its Incident, unless that is empty: the schema makes everybody write one. Undefined: it asks nothing.
 * `receiver`: whom it is for, where nobody says.
 */
export function asMessage(inspection: Inspection, receiver: string): AsMessage | undefined {
  const { item, document } = inspection
  const own = document?.incidents[0]?.id
  if (item === null || own === undefined) return undefined
  const msgType = typeOf(item.element, item.policy?.attributes.MsgType)
  if (!isQuestion(msgType)) return undefined
  const asked = item.policy === null ? (own.id === '' ? null : own) : idOf(item.policy)
  const node = nodeOf({ name: receiver, address: undefined })
  const policy = item.policy ?? policyOf(msgType, 'PeerToPeer', 'Network', node, asked)
  const rid = {
    msgType,
    policy,
    incidentId: asked,
    receivers: [],
    incidentSource: null,
    signatures: item.signatures,
    documents: 1,
    hasPayload: true,
    lacks: null,
    beside: [],
  }
  return { ...inspection, rid }
}

function idOf({ incidentId }: RidPolicy): IncidentId | null {
  if (incidentId === null) return null
  const { name = '', instance = null } = incidentId.attributes
  return { name: name.trim(), instance: instance?.trim() ?? null, id: incidentId.text.trim().replace(/\s+/g, ' ') }
}
