import { createHash } from 'node:crypto'
import { domainToASCII } from 'node:url'
import type { IncidentId } from './incident-id.ts'

/**
 * What an Incident can be found by: a kind, and a value or a range of values of that kind. Values of one kind sort as what they stand
 * for does, so that ranges can be looked for.
 */
export interface Term {
  readonly kind: TermKind
  readonly lo: string
  readonly hi: string
}

const PLACES = ['address', 'domain', 'asset'] as const
type Place = (typeof PLACES)[number]
export type TermKind =
  /** IncidentID and AlternativeID, whatever the instance; and with it */
  | 'incident'
  | 'instance'
  /** of a System or an indicator, whatever its part; and of a System that is said to be source or target */
  | Place
  | `${Place} ${Role}`
  | 'port'
  | 'hash'
  | 'record'
  | 'category'
  | 'impact'

/** System/@category (RFC 7970 §3.17) as far as it is asked for */
export type Role = 'source' | 'target'

/** characters of a value that is kept as it is */
const LONGEST = 300

export function term(kind: TermKind, value: string): Term {
  const kept = value.length <= LONGEST ? value : createHash('sha256').update(value).digest('hex')
  return { kind, lo: kept, hi: kept }
}

/** White space aside, in lower case. */
export function plainWord(written: string): string {
  return written.trim().replace(/\s+/g, ' ').toLowerCase()
}

/** As DNS compares names: A-labels in lower case, no dot behind. */
export function domainWord(written: string): string {
  const name = plainWord(written).replace(/\.$/, '')
  return /^[\x21-\x7e]*$/.test(name) ? name : domainToASCII(name) || name
}

/** bytes of the digests that people write: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 */
const DIGESTS = new Set([16, 20, 28, 32, 48, 64])

/** A digest in lower-case hex, whether it was written in hex, as many do, or in base64, as XML-Signature has it. */
export function hashWord(written: string): string {
  const value = written.replace(/\s+/g, '')
  if (/^[0-9a-f]+$/i.test(value) && DIGESTS.has(value.length / 2)) return value.toLowerCase()
  const bytes = Buffer.from(value, 'base64')
  return DIGESTS.has(bytes.length) ? bytes.toString('hex') : value
}

/**
 * RFC 7970 §3.4: the instance is an attribute. RFC 6545 §5.1 appends it to the text, with a dash; so a text that ends so stands for
 * both.
 */
export function incidentTerms({ name, id, instance }: IncidentId): Term[] {
  const [, base, number] = /^(.+)-(\d+)$/.exec(id) ?? []
  return [
    term('incident', `${name} ${id}`),
    ...(base === undefined ? [] : [term('incident', `${name} ${base}`)]),
    ...(instance === null ? [] : [term('instance', `${name} ${id}#${instance}`)]),
    ...(base === undefined ? [] : [term('instance', `${name} ${base}#${number}`)]),
  ]
}

/** `80`, `1-1024,8080`, each with its protocol (RFC 7970 §3.20), `*` where it is not said. */
export function portTerms(ports: string, protocol: string | undefined): Term[] {
  const padded = (port = '') => port.trim().padStart(5, '0')
  return ports.split(',').flatMap((range): Term[] => {
    const [first, last = first] = range.split('-')
    if (!/^\d{1,5}$/.test(first?.trim() ?? '') || !/^\d{1,5}$/.test(last?.trim() ?? '')) return []
    const of = (of: string): Term => ({ kind: 'port', lo: `${of}/${padded(first)}`, hi: `${of}/${padded(last)}` })
    return protocol === undefined ? [of('*')] : [of('*'), of(protocol)]
  })
}
