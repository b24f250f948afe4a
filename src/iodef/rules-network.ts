import { text, type XmlElement } from '../xml/tree.ts'
import {
  type Breach,
  childrenNamed,
  hasChild,
  must,
  NONE,
  note,
  type RuleContext,
  type RuleTable,
  unset,
  value,
} from './rules-kit.ts'

/** Rules about hosts, services and references to what the document describes elsewhere. */
export const NETWORK_RULES: RuleTable = {
  Service: [protocolNumber],
  Flow: [portPairs],
  Nameservers: [nameserverAddresses],
  ObservableReference: [observableTarget],
  IndicatorReference: [indicatorReference],
}

function protocolNumber(element: XmlElement): readonly Breach[] {
  if (!unset(element, 'ip-protocol')) return NONE
  if (!hasChild(element, 'Port', 'Portlist', 'ProtoCode', 'ProtoType', 'ProtoField')) return NONE
  return must('service-ip-protocol', '§3.20', 'Service names a port or protocol field, so ip-protocol must be set.')
}

/** The n-th port of the source belongs to the n-th port of the target. */
function portPairs(flow: XmlElement): readonly Breach[] {
  const [sources, targets]: [number[], number[]] = [[], []]
  for (const system of childrenNamed(flow, 'System')) {
    const category = value(system, 'category')
    if (category === 'source') sources.push(listedPorts(system))
    if (category === 'target') targets.push(listedPorts(system))
  }
  const source = sources.find((n) => n > 0)
  const target = targets.find((n) => n > 0)
  if (source === undefined || target === undefined) return NONE
  if (source !== target) {
    return must(
      'flow-portlists',
      '§3.20',
      `Flow lists ${source} source ports and ${target} target ports; they must pair up.`,
    )
  }
  if (source > 1 && (sources.length > 1 || targets.length > 1)) {
    return must(
      'flow-portlists',
      '§3.20',
      'Flow pairs up lists of ports, so it must have one source and one target System.',
    )
  }
  return NONE
}

/** How many ports the Portlists of a System name. The schema has checked the form: `5,7-9` is four. */
function listedPorts(system: XmlElement): number {
  let count = 0
  for (const service of childrenNamed(system, 'Service')) {
    for (const list of childrenNamed(service, 'Portlist')) {
      for (const range of text(list).split(',')) {
        const [first = 0, last = first] = range.split('-').map(Number)
        count += Math.max(1, last - first + 1)
      }
    }
  }
  return count
}

const IP: readonly string[] = ['ipv4-addr', 'ipv6-addr']

function nameserverAddresses(element: XmlElement): readonly Breach[] {
  const wrong = childrenNamed(element, 'Address').some((a) => !IP.includes(value(a, 'category') ?? 'ipv6-addr'))
  if (!wrong) return NONE
  return must(
    'nameserver-address',
    '§3.19.1',
    'The category of an Address in Nameservers must be ipv4-addr or ipv6-addr.',
  )
}

/**
 * Notes, since the text says "will have", not MUST. That something has the identifier at all is identifiers.ts's business.
 */
function observableTarget(element: XmlElement, context: RuleContext): readonly Breach[] {
  const id = value(element, 'uid-ref')
  if (id === undefined || context.observableIds.has(id) || !context.indicatorIds.has(id)) return NONE
  return note('observablereference-target', '§3.29.6', 'uid-ref of ObservableReference should name an observable-id.')
}

function indicatorReference(element: XmlElement, context: RuleContext): readonly Breach[] {
  const id = value(element, 'uid-ref')
  if (id === undefined) {
    if (!unset(element, 'euid-ref')) return NONE
    return must('indicatorreference-unset', '§3.29.7', 'IndicatorReference needs uid-ref or euid-ref.')
  }
  if (context.indicatorIds.has(id) || !context.observableIds.has(id)) return NONE
  return note('indicatorreference-target', '§3.29.7', 'uid-ref of IndicatorReference should name an IndicatorID.')
}
