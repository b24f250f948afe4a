import { isIPv6 } from 'node:net'
import { domainToASCII, domainToUnicode } from 'node:url'
import { NS } from '../xml/namespaces.ts'
import { escapeText } from '../xml/normal-form.ts'

/** A RID system, as RIDPolicy names the one that a message is for. */
export interface RidSystem {
  /** a DNS name; undefined where none is known */
  readonly name: string | undefined
  /** the IP address that the message goes to; undefined where nobody knows */
  readonly address: string | undefined
}

/**
 * RIDPolicy's Node (RFC 6545 §5.1): whom the message is for, with its address, its name as it is read (§11: U-labels). It stays in the
 * iodef-1.0 namespace whatever the payload is, since RID's schema imports that one.
 */
export function nodeOf(to: RidSystem): string {
  const known = nodes.get(to)
  if (known !== undefined) return known
  const made = makeNode(to)
  nodes.set(to, made)
  return made
}

/** what is sent to one system names it again and again */
const nodes = new WeakMap<RidSystem, string>()

function makeNode({ name, address }: RidSystem): string {
  const named = name === undefined ? '' : `<NodeName>${escapeText(asRead(name))}</NodeName>`
  return `<Node xmlns="${NS.iodef1}">${named}${address === undefined ? '' : addressOf(address)}</Node>`
}

/** For a message that is written to be looked at, and goes nowhere. */
export const ANY_NODE = nodeOf({ name: 'rid.example', address: undefined })

/** Whether two spellings are one DNS name: U-labels or A-labels, whatever the case, with the dot of the root or without. */
export function isSameName(one: string, other: string): boolean {
  const plain = (name: string) => (domainToASCII(name) || name).toLowerCase().replace(/\.$/, '')
  return one === other || plain(one) === plain(other)
}

function asRead(name: string): string {
  return domainToUnicode(name.replace(/\.$/, '')) || name
}

function addressOf(written: string): string {
  // of a socket that takes IPv4 and IPv6 alike; a zone means something on this machine only (RFC 4007 §11.2)
  const address = written.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '')
  return `<Address category="${isIPv6(address) ? 'ipv6-addr' : 'ipv4-addr'}">${escapeText(address)}</Address>`
}
