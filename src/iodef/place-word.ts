import { addressRange } from './address-range.ts'
import { domainWord } from './term-words.ts'

/** A NodeName or Address to compare by: names as DNS compares them, addresses by their value. */
export function placeWord(written: string): string {
  const range = addressRange(written)
  return range === undefined ? domainWord(written) : `${range.lo} ${range.hi}`
}
