import type { XmlElement } from '../xml/tree.ts'
import type { RepairName } from './repair-table.ts'

/** Characters of a text that others stand in the place of. */
export interface Patch {
  readonly repair: RepairName
  readonly from: number
  readonly to: number
  readonly text: string
}

/** The text with these patches; of two that overlap the second is left out. */
export function patched(text: string, patches: readonly Patch[]): string {
  const pieces: string[] = []
  let at = 0
  for (const { from, to, text: piece } of patches.toSorted((a, b) => a.from - b.from)) {
    if (from < at) continue
    pieces.push(text.slice(at, from), piece)
    at = to
  }
  return `${pieces.join('')}${text.slice(at)}`
}

/** An attribute, or a declaration of a namespace, where it stands in a text: with the white space before it, its name, and its value. */
export interface WrittenAttribute {
  readonly name: string
  readonly value: string
  readonly start: number
  readonly nameAt: number
  /** behind the opening quote */
  readonly valueAt: number
  readonly end: number
}

const NAME_END = /[ \t\r\n/>]/g
const ATTRIBUTE = /([ \t\r\n]+)([^ \t\r\n/>=]+)[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')/y

/** As they are written in the start tag of an element of a text that is well-formed. */
export function writtenAttributes(text: string, element: XmlElement): WrittenAttribute[] {
  const found: WrittenAttribute[] = []
  ATTRIBUTE.lastIndex = nameEnd(text, element)
  for (let start = ATTRIBUTE.lastIndex; ; start = ATTRIBUTE.lastIndex) {
    const match = ATTRIBUTE.exec(text)
    if (match === null) return found
    const [, space = '', name = '', double, single = ''] = match
    const value = double ?? single
    const end = ATTRIBUTE.lastIndex
    found.push({ name, value, start, nameAt: start + space.length, valueAt: end - 1 - value.length, end })
  }
}

/** Where an attribute can be put in. */
function nameEnd(text: string, { start }: XmlElement): number {
  NAME_END.lastIndex = start
  return NAME_END.exec(text)?.index ?? text.length
}

export function withValue(repair: RepairName, { valueAt, value }: WrittenAttribute, text: string): Patch {
  return { repair, from: valueAt, to: valueAt + value.length, text }
}

export function withName(repair: RepairName, { nameAt, name }: WrittenAttribute, text: string): Patch {
  return { repair, from: nameAt, to: nameAt + name.length, text }
}

export function withAttribute(repair: RepairName, text: string, element: XmlElement, attribute: string): Patch {
  const at = nameEnd(text, element)
  return { repair, from: at, to: at, text: ` ${attribute}` }
}
