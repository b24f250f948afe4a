import { isIPv4, isIPv6 } from 'node:net'
import { isFqdn } from '../iodef/rules-kit.ts'
import { trim } from '../iodef/trim.ts'
import { NS } from '../xml/namespaces.ts'
import { type Diagnostic, elements, text, type XmlElement } from '../xml/tree.ts'
import { at, inNode, type MessageParts, wordOf } from './message-parts.ts'

type Rule = (parts: MessageParts) => readonly Diagnostic[]

/** What a message lacks of RFC 6545's text, though it can be understood without: refused where that is asked for (`strict`). */
export function lapses(parts: MessageParts): Diagnostic[] {
  return foundBy(LAPSES, parts)
}

const LAPSES: readonly Rule[] = [extensions, other, demanded, source]

/** What is never more than a warning: few tools write it right, RFC 6545's own examples among them. */
export function oddities(parts: MessageParts): Diagnostic[] {
  return foundBy(ODDITIES, parts)
}

const ODDITIES: readonly Rule[] = [receiverAddress, nodeNames, nodeAddresses, attack]

function foundBy(rules: readonly Rule[], parts: MessageParts): Diagnostic[] {
  const all: Diagnostic[] = []
  for (const rule of rules) for (const found of rule(parts)) all.push(found)
  return all
}

const NONE: readonly Diagnostic[] = []

function receiverAddress({ node, toSource, addresses }: MessageParts): readonly Diagnostic[] {
  if (toSource || node === undefined || addresses.some(isIpAddress)) return NONE
  return [at(node, '5.1', 'Node needs an Address: the IP address of the RID system that the message is for.')]
}

/** RFC 6545 §11: a NodeName is a domain name slot, with U-labels only. */
function nodeNames({ names }: MessageParts): readonly Diagnostic[] {
  return names.flatMap((name) => {
    const written = trim(text(name))
    if (/(?:^|\.)xn--/i.test(written)) {
      return [at(name, '11', `NodeName "${short(written)}" is written with an A-label (xn--): write it as it is read.`)]
    }
    if (isFqdn(written) || (!written.includes('.') && isFqdn(`${written}.example`))) return []
    return [at(name, '5.1', `NodeName "${short(written)}" is no domain name.`)]
  })
}

function nodeAddresses({ addresses }: MessageParts): readonly Diagnostic[] {
  return addresses.flatMap((address) => {
    const category = wordOf(address, 'category') || 'ipv4-addr'
    if (!['ipv4-addr', 'ipv6-addr'].includes(category) || isIpAddress(address)) return []
    return [at(address, '5.1', `Address "${short(trim(text(address)))}" is no ${category}.`)]
  })
}

function isIpAddress(address: XmlElement): boolean {
  const category = wordOf(address, 'category') || 'ipv4-addr'
  const value = trim(text(address))
  return (category === 'ipv4-addr' && isIPv4(value)) || (category === 'ipv6-addr' && isIPv6(value))
}

/** RFC 5070 §5.1, which RFC 6545 takes over: ext-a says what `a` is where that is "ext-value", and nowhere else. */
function extensions({ rid }: MessageParts): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  for (const element of ridElements(rid)) {
    for (const { ns, local, value } of element.attributes) {
      if (ns !== '') continue
      const extended = local.startsWith('ext-') ? local.slice(4) : undefined
      if (extended !== undefined && wordOf(element, extended) !== 'ext-value') {
        found.push(at(element, '5.1', `${local} is written where ${extended} is not "ext-value".`))
      } else if (trim(value) === 'ext-value' && wordOf(element, `ext-${local}`) === '') {
        found.push(at(element, '5.1', `${local} is "ext-value", and ext-${local} does not say which.`))
      }
    }
  }
  return found
}

/** The message's own: what stands in XMLDocument and Signature is somebody else's. */
function ridElements(rid: XmlElement): XmlElement[] {
  const found = [rid]
  // it grows as it is gone through: very many must cost no more than once each
  for (const element of found) {
    if (element.local === 'XMLDocument' || element.local === 'Signature') continue
    for (const inner of elements(element)) if (inner.ns === NS.rid) found.push(inner)
  }
  return found
}

function attack({ traffic, document, mentioned }: MessageParts): readonly Diagnostic[] {
  const type = traffic.find((element) => wordOf(element, 'type') === 'Attack')
  const missing = ['Method', 'Assessment'].filter((name) => !mentioned.has(name))
  if (type === undefined || document === undefined || missing.length === 0) return NONE
  const text = `TrafficType Attack needs its details in the document, which has no ${missing.join(' and no ')}.`
  return [at(type, '5.1', text)]
}

function other({ traffic, mentioned }: MessageParts): readonly Diagnostic[] {
  const type = traffic.find((element) => wordOf(element, 'type') === 'Other')
  if (type === undefined || mentioned.has('Expectation') || mentioned.has('HistoryItem')) return NONE
  return [at(type, '5.1', 'TrafficType Other needs a description, in an Expectation or a HistoryItem of the document.')]
}

function demanded({ msgType, policy, document, mentioned }: MessageParts): readonly Diagnostic[] {
  if (document === undefined || !['InvestigationRequest', 'TraceRequest', 'Result'].includes(msgType)) return NONE
  const reported = document.ns === NS.iodef1 ? 'ReportTime' : 'GenerationTime'
  const asked = ['DetectTime', 'StartTime', 'EndTime', reported, 'Confidence', 'System source', 'System target']
  const missing = asked.filter((name) => !mentioned.has(name))
  if (missing.length === 0) return NONE
  const section = msgType === 'Result' ? '6.3' : '6.1'
  return [at(policy, section, `The document of a ${msgType} needs what is not in it: ${missing.join(', ')}.`)]
}

/** RFC 6545 §5.3 */
function source({ source: found }: MessageParts): readonly Diagnostic[] {
  if (found === undefined) return NONE
  const isFound = elements(found).some((e) => e.local === 'SourceFound' && ['true', '1'].includes(trim(text(e))))
  const nodes = elements(found).filter((e) => e.local === 'Node')
  if (!isFound || nodes.some((node) => inNode(node).addresses.some(isIpAddress))) return NONE
  return [at(found, '5.3', 'An IncidentSource that was found needs a Node with its IP address.')]
}

function short(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}…` : value
}
