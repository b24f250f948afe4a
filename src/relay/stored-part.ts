import type { IncidentId } from '../iodef/incident-id.ts'
import { LABELS } from '../iodef/restriction.ts'
import type { RidPolicy } from '../rid/message.ts'
import { MSG_TYPES } from '../vocabulary.ts'
import type { Part } from './part.ts'

/** What the payload of a delivery to a peer is when its item was not valid: kept for the operator, and not sent as it is. */
interface InvalidPart {
  readonly invalid: string
  /** the payload of the item */
  readonly item?: string
}

/** What a peer answered to a message of ours: kept for the operator, and sent to nobody. */
interface KeptAnswer {
  /** why it waits, as a sentence */
  readonly answer: string
  /** the RID message, as it came */
  readonly message: string
}

/** Of the JSON in which parts are kept. It was the same before it had a number. */
const FORMAT = 1

/** The payload of a delivery to a RID peer, or of an answer that is kept. */
export function encodePart(part: Part | InvalidPart | KeptAnswer): string {
  return JSON.stringify({ format: FORMAT, ...part })
}

type StoredPart =
  | { readonly kind: 'part'; readonly part: Part }
  | ({ readonly kind: 'invalid' } & InvalidPart)
  | ({ readonly kind: 'answer' } & KeptAnswer)
  /** `reason`: of all that a part is made of, what is wrong. Nothing of it may be sent. */
  | { readonly kind: 'unreadable'; readonly reason: string }

/**
 * What `encodePart` made, field by field: whatever befell the row in the store, and whichever version wrote it, what comes out is
 * whole. A part that needs no restriction would go to everybody, and there is no document that needs none.
 */
export function parsePart(payload: string): StoredPart {
  try {
    return readStored(parseJson(payload))
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    return { kind: 'unreadable', reason: `what the store kept of it cannot be read: ${error.message}` }
  }
}

/** payloads that a `createPartReader` remembers, and UTF-16 code units up to which it does so */
const REMEMBERED = 8
const LONGEST = 131_072

/** `parsePart` that remembers the last ones: what goes to several peers is the same for each of them, at nearly the same time. */
export function createPartReader(): typeof parsePart {
  const recent: { readonly payload: string; readonly read: StoredPart }[] = []
  return (payload) => {
    if (payload.length > LONGEST) return parsePart(payload)
    const known = recent.find((one) => one.payload === payload)
    if (known !== undefined) return known.read
    const read = parsePart(payload)
    if (recent.unshift({ payload, read }) > REMEMBERED) recent.pop()
    return read
  }
}

class Unreadable extends Error {}

function readStored(value: unknown): StoredPart {
  const kept = fieldsOf(value, 'it')
  const { format = FORMAT } = kept
  if (format !== FORMAT) {
    throw new Unreadable(`its format is ${number(format, 'format')}; this version of the gateway knows ${FORMAT}`)
  }
  if ('answer' in kept) {
    return { kind: 'answer', answer: nonEmpty(kept.answer, 'answer'), message: text(kept.message, 'message') }
  }
  if (!('invalid' in kept)) return { kind: 'part', part: readPart(kept) }
  const item = optional(kept.item, 'item', nonEmpty)
  return { kind: 'invalid', invalid: nonEmpty(kept.invalid, 'invalid'), ...(item !== undefined && { item }) }
}

/** In the order in which part.ts has them: equal parts are equal JSON. */
function readPart(kept: Fields): Part {
  const place = optional(kept.list, 'list', readPlace)
  const originalVersion = optional(kept.originalVersion, 'originalVersion', oneOf(VERSIONS))
  return {
    version: oneOf(VERSIONS)(kept.version, 'version'),
    msgType: oneOf(MSG_TYPES)(kept.msgType, 'msgType'),
    policy: orNull(kept.policy, 'policy', readPolicy),
    incidentSource: orNull(kept.incidentSource, 'incidentSource', nonEmpty),
    shell: nonEmpty(kept.shell, 'shell'),
    incidents: some(list(kept.incidents, 'incidents', nonEmpty), 'incidents'),
    original: orNull(kept.original, 'original', nonEmpty),
    ...(originalVersion !== undefined && { originalVersion }),
    signatures: list(kept.signatures, 'signatures', text),
    id: readId(kept.id, 'id'),
    needed: some(list(kept.needed, 'needed', oneOf(LABELS)), 'needed'),
    items: list(kept.items, 'items', nonEmpty),
    ...(place !== undefined && { list: place }),
    ...(kept.routed === true && { routed: true }),
  }
}

const VERSIONS = [1, 2] as const

function readPlace(value: unknown, path: string): NonNullable<Part['list']> {
  const { name, position } = fieldsOf(value, path)
  return { name: nonEmpty(name, `${path}.name`), position: number(position, `${path}.position`) }
}

function readPolicy(value: unknown, name: string): RidPolicy {
  const policy = fieldsOf(value, name)
  return {
    attributes: texts(policy.attributes, `${name}.attributes`),
    regions: list(policy.regions, `${name}.regions`, texts),
    node: text(policy.node, `${name}.node`),
    traffic: list(policy.traffic, `${name}.traffic`, texts),
    incidentId: orNull(policy.incidentId, `${name}.incidentId`, (id, path) => {
      const { attributes, text: content } = fieldsOf(id, path)
      return { attributes: texts(attributes, `${path}.attributes`), text: text(content, `${path}.text`) }
    }),
  }
}

function readId(value: unknown, path: string): IncidentId {
  const { name, instance, id } = fieldsOf(value, path)
  return {
    name: text(name, `${path}.name`),
    instance: orNull(instance, `${path}.instance`, text),
    id: text(id, `${path}.id`),
  }
}

type Fields = Readonly<Record<string, unknown>>
type Read<T> = (value: unknown, name: string) => T

function parseJson(payload: string): unknown {
  try {
    return JSON.parse(payload)
  } catch {
    // the parser's own words quote it
    throw new Unreadable('it is not JSON')
  }
}

function wrong(name: string, what: string): Unreadable {
  return new Unreadable(`${name} is ${what}`)
}

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'no object')
  return value as Fields
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw wrong(name, value === undefined ? 'missing' : 'no text')
  return value
}

function nonEmpty(value: unknown, name: string): string {
  if (text(value, name) === '') throw wrong(name, 'empty')
  return text(value, name)
}

function number(value: unknown, name: string): number {
  if (typeof value !== 'number') throw wrong(name, 'no number')
  return value
}

function oneOf<T>(known: readonly T[]): Read<T> {
  return (value, name) => {
    const found = known.find((one) => one === value)
    if (found === undefined) throw wrong(name, value === undefined ? 'missing' : `none of ${known.join(', ')}`)
    return found
  }
}

function list<T>(value: unknown, name: string, read: Read<T>): readonly T[] {
  if (!Array.isArray(value)) throw wrong(name, value === undefined ? 'missing' : 'no list')
  return value.map((one, i) => read(one, `${name}[${i}]`))
}

function some<T>(all: readonly T[], name: string): readonly T[] {
  if (all.length === 0) throw wrong(name, 'empty')
  return all
}

function texts(value: unknown, name: string): Readonly<Record<string, string>> {
  const fields = Object.entries(fieldsOf(value, name))
  return Object.fromEntries(fields.map(([key, one]) => [key, text(one, `${name}.${key}`)]))
}

function orNull<T>(value: unknown, name: string, read: Read<T>): T | null {
  return value === null ? null : read(value, name)
}

function optional<T>(value: unknown, name: string, read: Read<T>): T | undefined {
  return value === undefined ? undefined : read(value, name)
}
