import { SaslError } from './mechanism.ts'

/** RFC 3454 table B.1: mapped to nothing. */
const NOTHING = /\u00ad|\u034f|\u1806|[\u180b-\u180d]|[\u200b-\u200d]|\u2060|[\ufe00-\ufe0f]|\ufeff/gu
/** RFC 3454 table C.1.2: other spaces, mapped to a space. */
const SPACES = /[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]/gu
/** RFC 4013 §2.3: control, private use, non-character, surrogate, plain-text and tagging characters. */
const PROHIBITED =
  /[\p{Cc}\p{Cs}\p{Co}\u06dd\u070f\u180e\u2028\u2029\u2061-\u2063\u206a-\u206f\ufff9-\ufffd\u2ff0-\u2ffb\u200e\u200f\u202a-\u202e\ufdd0-\ufdef\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]|[\ufffe\uffff]/u

/**
 * SASLprep (RFC 4013) of a user name or password, without its two tables of Unicode 3.2: letters assigned since pass, and
 * mixed directions are not refused. Throws SaslError for what may never stand in one.
 */
export function saslprep(text: string): string {
  const mapped = text.replace(SPACES, ' ').replace(NOTHING, '').normalize('NFKC')
  if (PROHIBITED.test(mapped)) throw new SaslError('A user name or password holds a character that SASL forbids.')
  return mapped
}
