import { trim } from '../iodef/trim.ts'
import { NS } from '../xml/namespaces.ts'
import { attribute, child, childrenNamed, type Diagnostic, elements, text, type XmlElement } from '../xml/tree.ts'

/** What of a RID message its rules look at (RFC 6545 §5). */
export interface MessageParts {
  readonly rid: XmlElement
  readonly policy: XmlElement
  readonly msgType: string
  /** MsgDestination is SourceOfIncident, and Node so the incident's source */
  readonly toSource: boolean
  /** RIDPolicy's */
  readonly node: XmlElement | undefined
  readonly names: readonly XmlElement[]
  readonly addresses: readonly XmlElement[]
  readonly traffic: readonly XmlElement[]
  /** RequestStatus */
  readonly status: XmlElement | undefined
  /** IncidentSource */
  readonly source: XmlElement | undefined
  readonly document: XmlElement | undefined
  /** of the document: mentionOf */
  readonly mentioned: ReadonlySet<string>
  /** nothing stands in XMLDocument */
  readonly isEmpty: boolean
}

/** Undefined without a RIDPolicy: then it is no message. */
export function partsOf(
  rid: XmlElement,
  document: XmlElement | undefined,
  mentioned: ReadonlySet<string>,
): MessageParts | undefined {
  const policy = child(rid, NS.rid, 'RIDPolicy')
  if (policy === undefined) return undefined
  const node = child(policy, NS.iodef1, 'Node')
  const schema = child(policy, NS.rid, 'ReportSchema')
  const holder = schema && child(schema, NS.rid, 'XMLDocument')
  return {
    rid,
    policy,
    msgType: wordOf(policy, 'MsgType'),
    toSource: wordOf(policy, 'MsgDestination') === 'SourceOfIncident',
    node,
    ...inNode(node),
    traffic: childrenNamed(policy, NS.rid, 'TrafficType'),
    status: child(rid, NS.rid, 'RequestStatus'),
    source: child(rid, NS.rid, 'IncidentSource'),
    document,
    mentioned,
    isEmpty: holder === undefined || (elements(holder).length === 0 && trim(text(holder)) === ''),
  }
}

/** NodeNames and Addresses of an iodef-1.0 Node. */
export function inNode(node: XmlElement | undefined): Pick<MessageParts, 'names' | 'addresses'> {
  const named = (local: string) => (node === undefined ? [] : childrenNamed(node, NS.iodef1, local))
  return { names: named('NodeName'), addresses: named('Address') }
}

/** An enumerated value: white space around it is no part of it (xs:NMTOKEN). */
export function wordOf(element: XmlElement, name: string): string {
  return trim(attribute(element, name) ?? '')
}

/** A finding of one of the rules, with the section of RFC 6545. */
export function at({ line, column }: XmlElement, section: string, message: string): Diagnostic {
  return { line, column, message: `RFC 6545 §${section}: ${message}` }
}
