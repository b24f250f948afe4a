import { hash } from 'node:crypto'

/** characters: no entry of an index may be over 2.7 kB, and a character has up to four bytes */
const LONGEST = 300

/** What stands in an index, and is compared and never shown: of what is absurdly long its beginning and its hash. */
export function capped(text: string): string {
  if (text.length <= LONGEST) return text
  return `${text.slice(0, 100).toWellFormed()}…${hash('sha256', text, 'hex')}`
}

/** The line of an incident and an origin (order.ts), in few bytes. */
export function lineOf(incident: string, origin: string): string {
  return hash('sha256', JSON.stringify([incident, origin]), 'hex').slice(0, 32)
}
