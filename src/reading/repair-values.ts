import { MSG_TYPES } from '../vocabulary.ts'
import { NS } from '../xml/namespaces.ts'
import type { XmlElement } from '../xml/tree.ts'
import { type WrittenAttribute, writtenAttributes } from '../xml/written-attributes.ts'
import { ownElements } from './own-elements.ts'
import { type Patch, withName, withValue } from './patch.ts'

/** Values, and names of attributes, that are written otherwise than they are meant. */
export function oddValues(text: string, root: XmlElement): Patch[] {
  const patches: Patch[] = []
  for (const element of ownElements(root)) {
    const written = writtenAttributes(text, element)
    for (const attribute of written) {
      const patch = CHECKS.get(attribute.name)?.(element, attribute, written)
      if (patch !== undefined) patches.push(patch)
    }
    patches.push(...versionOf(element, written), ...timeIn(text, element))
  }
  return patches
}

type Check = (element: XmlElement, attribute: WrittenAttribute, all: readonly WrittenAttribute[]) => Patch | undefined

const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['lang', (element, attribute, all) => language(element.ns === NS.iodef2, attribute, all, 'xml:lang')],
  ['xml:lang', ({ ns }, attribute, all) => language(ns === NS.iodef1 || ns === NS.rid, attribute, all, 'lang')],
  ['MsgType', msgType],
  ['restriction', restriction],
])

/** RFC 5070 and RFC 6545 have an attribute of their own where RFC 7970 §2.6 has that of XML. */
function language(
  isWrong: boolean,
  attribute: WrittenAttribute,
  all: readonly WrittenAttribute[],
  right: string,
): Patch | undefined {
  if (!isWrong) return undefined
  const { start: from, end: to } = attribute
  if (all.some(({ name }) => name === right)) return { repair: 'lang', from, to, text: '' }
  return withName('lang', attribute, right)
}

/** The only free RID agent misspells one of them, and reads them in lower case. */
function msgType({ local, ns }: XmlElement, attribute: WrittenAttribute): Patch | undefined {
  if (local !== 'RIDPolicy' || ns !== NS.rid) return undefined
  const word = attribute.value
    .trim()
    .toLowerCase()
    .replace(/^acknowledgment$/, 'acknowledgement')
  const meant = MSG_TYPES.find((type) => type.toLowerCase() === word)
  return meant === undefined || meant === attribute.value.trim() ? undefined : withValue('msg-type', attribute, meant)
}

const RESTRICTIONS: ReadonlySet<string> = new Set(
  'public partner need-to-know private default white green amber red ext-value'.split(' '),
)
const RESTRICTIONS_1: ReadonlySet<string> = new Set('public need-to-know private default'.split(' '))

/** Nobody's word for it counts as private: a repair never shows a document to more people than it asked for. */
function restriction({ ns }: XmlElement, attribute: WrittenAttribute): Patch | undefined {
  const word = attribute.value.trim()
  if ((ns === NS.iodef2 ? RESTRICTIONS : RESTRICTIONS_1).has(word)) return undefined
  return withValue('restriction', attribute, 'private')
}

const VERSION = /^\s*v?(?:([12])(?:\.0{1,2})?|(1|2)\.0+)\s*$/i

/** RFC 7970 §3.1, RFC 5070 §3.1; the namespace says which it is */
function versionOf(element: XmlElement, written: readonly WrittenAttribute[]): Patch[] {
  if (element.local !== 'IODEF-Document') return []
  const right = element.ns === NS.iodef1 ? '1.00' : element.ns === NS.iodef2 ? '2.00' : undefined
  if (right === undefined) return []
  const version = written.find(({ name }) => name === 'version')
  if (version === undefined) return []
  const [, number, other] = VERSION.exec(version.value) ?? []
  const isMeant = (number ?? other) === right.charAt(0)
  return isMeant && version.value !== right ? [withValue('version', version, right)] : []
}

const TIME = /^(\s*)(\d{4}-\d\d-\d\d)(?:[Tt]| )(\d\d:\d\d:\d\d(?:\.\d+)?)(?:([zZ])|([+-]\d\d):?(\d\d)?)(\s*)$/
const ZONE = /^(\s*)([+-]\d\d)(\d\d)?(\s*)$/

/** XML Schema Part 2 §3.2.7: 2026-11-01T10:00:00+02:00 */
function timeIn(text: string, element: XmlElement): Patch[] {
  const isZone = element.local === 'Timezone'
  if (!isZone && !/Time$|Date|WasChecked$/.test(element.local)) return []
  const [content, ...others] = element.children
  if (typeof content !== 'string' || others.length > 0) return []
  const from = text.indexOf('>', element.start) + 1
  const written = text.slice(from, from + content.length)
  // an entity, or a comment: not as simple as that
  if (written !== content) return []
  const meant = isZone ? zone(written) : time(written)
  if (meant === undefined || meant === written) return []
  return [{ repair: 'time', from, to: from + written.length, text: meant }]
}

function time(written: string): string | undefined {
  const [, before, date, clock, z, hours, minutes = '00', after] = TIME.exec(written) ?? []
  if (date === undefined) return undefined
  return `${before}${date}T${clock}${z === undefined ? `${hours}:${minutes}` : 'Z'}${after}`
}

function zone(written: string): string | undefined {
  const [, before, hours, minutes = '00', after] = ZONE.exec(written) ?? []
  return hours === undefined ? undefined : `${before}${hours}:${minutes}${after}`
}
