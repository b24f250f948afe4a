import type { XmlElement } from '../xml/tree.ts'
import { nameEnd, type WrittenAttribute } from '../xml/written-attributes.ts'
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
