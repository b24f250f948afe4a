import type { XmlElement } from './tree.ts'

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
export function nameEnd(text: string, { start }: XmlElement): number {
  NAME_END.lastIndex = start
  return NAME_END.exec(text)?.index ?? text.length
}

export function isDeclaration({ name }: WrittenAttribute): boolean {
  return name === 'xmlns' || name.startsWith('xmlns:')
}
