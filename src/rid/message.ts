import { contentModel } from '../iodef/content-model.ts'
import { type IncidentId, readIncidentId } from '../iodef/incident-id.ts'
import { trim } from '../iodef/trim.ts'
import { printable } from '../printable.ts'
import { declares } from '../xml/extract.ts'
import { NS } from '../xml/namespaces.ts'
import { escapeAttribute, escapeText, normalForm } from '../xml/normal-form.ts'
import { attribute, child, childrenNamed, elements, text, type XmlElement } from '../xml/tree.ts'
import type { Reply } from './contract.ts'
import { inNode, wordOf } from './message-parts.ts'
import { payloadOf } from './payload.ts'

type Attributes = Readonly<Record<string, string>>

/** RFC 6545 §5.1 without ReportSchema. `node` is an iodef-1.0 Node in normal form. */
export interface RidPolicy {
  readonly attributes: Attributes
  readonly regions: readonly Attributes[]
  readonly node: string
  readonly traffic: readonly Attributes[]
  readonly incidentId: { readonly attributes: Attributes; readonly text: string } | null
}

/** What is known of a RID message that its schema has accepted. */
export interface RidReading {
  /** as written, `ext-value` included; null without a RIDPolicy */
  readonly msgType: string | null
  readonly policy: RidPolicy | null
  readonly incidentId: IncidentId | null
  /** names of the RID system that it says it is for (RFC 6545 §5.1); none where it names no system, or goes to an incident's source */
  readonly receivers: readonly string[]
  /** names and addresses of RIDPolicy's Node, whosever it is */
  readonly nodes?: readonly string[]
  /** RFC 6545 §5.2: only an Acknowledgement has one */
  readonly requestStatus?: Attributes
  /** RFC 6545 §5.3, in normal form: only a Result has one */
  readonly incidentSource: string | null
  /** ReportSchema's Signature elements (RFC 6545 §5.1), the very characters of the message */
  readonly signatures: readonly string[]
  /** how many IODEF-Documents it holds */
  readonly documents: number
  /** whether there is anything in XMLDocument */
  readonly hasPayload: boolean
  /** why it holds no IODEF-Document, as half a sentence; null where it does, or need not */
  readonly lacks: string | null
  /** what stands beside the IODEF-Document and goes nowhere, in a few words each */
  readonly beside: readonly string[]
}

/** The IODEF-Documents of a RID message. */
export function embeddedDocuments(rid: XmlElement): readonly XmlElement[] {
  return payloadOf(rid).documents
}

/** ReportSchema's Signature elements. */
export function signatureElements(rid: XmlElement): XmlElement[] {
  const policy = child(rid, NS.rid, 'RIDPolicy')
  const schema = policy && child(policy, NS.rid, 'ReportSchema')
  return schema === undefined ? [] : childrenNamed(schema, NS.rid, 'Signature')
}

/** `signatures`: the source text of each of signatureElements. */
export function readRid(rid: XmlElement, signatures: readonly string[] = []): RidReading {
  const policy = child(rid, NS.rid, 'RIDPolicy')
  const source = child(rid, NS.rid, 'IncidentSource')
  const id = policy && child(policy, NS.iodef1, 'IncidentID')
  const status = child(rid, NS.rid, 'RequestStatus')
  const { documents, isEmpty, lacks, beside } = payloadOf(rid)
  return {
    msgType: (policy && attribute(policy, 'MsgType')?.trim()) ?? null,
    policy: policy === undefined ? null : readPolicy(policy),
    incidentId: id === undefined ? null : readIncidentId(id),
    receivers: policy === undefined ? [] : receiversOf(policy),
    nodes: policy === undefined ? [] : nodesOf(policy),
    ...(status !== undefined && { requestStatus: plainAttributes(status) }),
    incidentSource: source === undefined ? null : normalForm(source, contentModel),
    signatures,
    documents: documents.length,
    hasPayload: !isEmpty,
    lacks,
    beside,
  }
}

function nodesOf(policy: XmlElement): string[] {
  const { names, addresses } = inNode(child(policy, NS.iodef1, 'Node'))
  return [...names, ...addresses].map((place) => trim(text(place)))
}

function receiversOf(policy: XmlElement): string[] {
  if (wordOf(policy, 'MsgDestination') !== 'RIDSystem') return []
  return inNode(child(policy, NS.iodef1, 'Node'))
    .names.map((name) => trim(text(name)))
    .filter((name) => name !== '')
}

/** A RIDPolicy, of a message or of an item's context. */
export function readPolicy(policy: XmlElement): RidPolicy {
  const all = (local: string) => childrenNamed(policy, NS.rid, local)
  const node = child(policy, NS.iodef1, 'Node')
  const id = child(policy, NS.iodef1, 'IncidentID')
  return {
    attributes: plainAttributes(policy),
    regions: all('PolicyRegion').map(plainAttributes),
    node: node === undefined ? '' : normalForm(node, contentModel),
    traffic: all('TrafficType').map(plainAttributes),
    incidentId: id === undefined ? null : { attributes: plainAttributes(id), text: id.children.join('') },
  }
}

function plainAttributes(element: XmlElement): Attributes {
  return Object.fromEntries(element.attributes.filter((a) => a.ns === '').map((a) => [a.local, a.value]))
}

/** The policy of a message this gateway starts itself. `node`: nodeOf whoever it is for. */
export function policyOf(
  msgType: string,
  region: string,
  traffic: string,
  node: string,
  id: IncidentId | null,
): RidPolicy {
  return {
    attributes: { MsgType: msgType, MsgDestination: 'RIDSystem' },
    regions: [{ region }],
    node,
    traffic: [{ type: traffic }],
    incidentId:
      id === null
        ? null
        : { attributes: { name: id.name, ...(id.instance !== null && { instance: id.instance }) }, text: id.id },
  }
}

/** RFC 6545 §5.3, of whoever does not say what was found */
export const SOURCE_NOT_FOUND = `<IncidentSource xmlns="${NS.rid}"><SourceFound>false</SourceFound></IncidentSource>`

/** RIDPolicy without ReportSchema, in normal form. */
export function renderPolicy(policy: RidPolicy): string {
  return policyElement(policy, { xmlns: NS.rid }, '')
}

function policyElement(policy: RidPolicy, namespace: Attributes, content: string): string {
  const id = policy.incidentId
  return tag(
    'RIDPolicy',
    { ...namespace, ...policy.attributes },
    policy.regions.map((region) => tag('PolicyRegion', region, '')).join('') +
      policy.node +
      policy.traffic.map((traffic) => tag('TrafficType', traffic, '')).join('') +
      (id === null ? '' : tag('IncidentID', { xmlns: NS.iodef1, ...id.attributes }, escapeText(id.text))) +
      content,
  )
}

/**
 * A RID message around a document (RFC 6545 §5, §5.5). An IODEF 2 document is named by the ext- attributes, the one form that
 * RFC 6545's schema allows for it. `document` and its `signatures` are XML text and go out as they are.
 */
export function renderMessage(
  policy: RidPolicy,
  document: { readonly xml: string; readonly version: 1 | 2; readonly signatures?: readonly string[] } | null,
  incidentSource: string | null = null,
  lang = 'en',
): string {
  const schema =
    document === null
      ? ''
      : tag(
          'ReportSchema',
          document.version === 2 ? VERSION_2 : VERSION_1,
          holder(document.xml) + (document.signatures ?? []).join(''),
        )
  const body = policyElement(policy, {}, schema) + (incidentSource ?? '')
  return `${DECLARATION}${tag('RID', { xmlns: NS.rid, lang }, body)}`
}

/** A document that sets no default namespace has elements of none, perhaps: RID's must not become theirs. */
function holder(xml: string): string {
  const attributes = { dtype: 'xml', meaning: 'xml' }
  if (declares(xml, '')) return tag('XMLDocument', attributes, xml)
  return tag('rid:XMLDocument', { 'xmlns:rid': NS.rid, xmlns: '', ...attributes }, xml)
}

const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
const VERSION_1 = { Version: '1.0', XMLSchemaID: NS.iodef1 }
const VERSION_2 = {
  Version: 'ext-value',
  'ext-Version': '2.00',
  XMLSchemaID: 'ext-value',
  'ext-XMLSchemaID': NS.iodef2,
}

export type Justification =
  | 'SystemResource'
  | 'Authentication'
  | 'AuthenticationOrigin'
  | 'Encryption'
  | 'UnrecognizedFormat'
  | 'CannotProcess'
  | 'Other'
  /** ours: all was well, and nothing was done */
  | 'test'

/** RFC 6545 §5.2, §7.2: the Acknowledgement of a request. `policy` names the incident and where the answer comes from. */
export function renderAcknowledgement(
  policy: RidPolicy,
  status: 'Approved' | 'Pending' | { readonly denied: Justification },
): string {
  const attributes: Attributes =
    typeof status === 'string'
      ? { AuthorizationStatus: status }
      : { AuthorizationStatus: 'Denied', ...justified(status.denied) }
  const body = policyElement(policy, {}, '') + tag('RequestStatus', attributes, '')
  return `${DECLARATION}${tag('RID', { xmlns: NS.rid, lang: 'en' }, body)}`
}

function justified(why: Justification): Attributes {
  return why === 'test' ? { Justification: 'ext-value', 'ext-Justification': why } : { Justification: why }
}

const STATUSES = ['Approved', 'Denied', 'Pending', 'ext-value'] as const

/**
 * Reads a peer's reply with as much patience as is safe: local names decide, in upper or lower case, since the RSA agent answers in a namespace of its
 * own and misspells `Acknowledgement`. `text`: all of it, for whoever has to keep what it holds.
 */
export function readReplyTree(root: XmlElement, text: string): Reply {
  if (root.local.toUpperCase() !== 'RID')
    return { kind: 'improper', reason: `the root element is ${root.local.slice(0, 40)}, not RID` }
  const named = (local: string) => elements(root).find((e) => e.local.toLowerCase() === local.toLowerCase())
  const policy = named('RIDPolicy')
  const msgType = (policy && attribute(policy, 'MsgType')?.trim()) ?? ''
  const request = named('RequestStatus')
  if (request !== undefined) {
    const status = attribute(request, 'AuthorizationStatus')?.trim()
    const word = attribute(request, 'Justification')?.trim()
    const justification = (
      word === 'ext-value' ? (attribute(request, 'ext-Justification')?.trim() ?? word) : word
    )?.slice(0, 60)
    return {
      kind: 'acknowledgement',
      status: STATUSES.find((s) => s.toLowerCase() === status?.toLowerCase()) ?? 'unknown',
      ...(justification !== undefined && { justification }),
    }
  }
  if (/^acknowledge?ment$/i.test(msgType)) return { kind: 'acknowledgement', status: 'unknown' }
  if (policy === undefined) return { kind: 'improper', reason: 'there is no RIDPolicy' }
  return { kind: 'message', msgType: printable(msgType.slice(0, 40)), text }
}

function tag(name: string, attributes: Attributes, content: string): string {
  let list = ''
  for (const key in attributes) list += ` ${key}="${escapeAttribute(attributes[key] ?? '')}"`
  return `<${name}${list}>${content}</${name}>`
}
