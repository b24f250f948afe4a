import { looksLike } from './looks-like.ts'
import type { Diagnostic } from './tree.ts'

/** An error of libxml2's parser: what it found, in its own words. */
interface ParserError extends Diagnostic {
  /** libxml2's xmlParserErrors */
  readonly code: number
}

/** XML 1.0 §2.2: the characters that are none. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NOT_XML = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

/**
 * What is wrong with `text`, which libxml2 found not to be well-formed, and what would be right. What follows from the first error is left
 * out: behind it, all is guesswork.
 */
export function inWords(errors: readonly ParserError[], text: string): Diagnostic[] {
  const what = looksLike(text)
  if (what !== undefined) return [{ line: 1, column: 1, message: `This is no XML: it looks like ${what}.` }]
  const end = errors.findIndex(({ code }) => !NAMESPACE_ERRORS.has(code))
  const told = end < 0 ? errors : errors.slice(0, end + 1)
  return told.map((error) => illegalCharacter(error, text) ?? { ...error, message: words(error, text) })
}

/** Errors of Namespaces in XML: the parser goes on. */
const NAMESPACE_ERRORS: ReadonlySet<number> = new Set([200, 201, 202, 203, 204, 205])

/** A character that XML has not is at fault, whatever the parser says of what it did then. */
function illegalCharacter({ line, column }: Diagnostic, text: string): Diagnostic | undefined {
  const at = text.search(NOT_XML)
  if (at < 0) return undefined
  const place = placeOf(text, at)
  // the parser stops in front of it, or one behind
  if (place.line > line || (place.line === line && place.column > column + 1)) return undefined
  if (/^\0+\s*$/.test(text.slice(at))) {
    return {
      ...place,
      message: 'NUL (U+0000) after the end of the document: send the text without its terminator.',
    }
  }
  return { ...place, message: notAllowed(text.charCodeAt(at)) }
}

const CONTROLS: Readonly<Record<number, string>> = {
  0: 'NUL',
  7: 'bell',
  8: 'backspace',
  11: 'vertical tab',
  12: 'form feed',
  27: 'escape',
}

function notAllowed(code: number): string {
  const hex = code.toString(16).toUpperCase().padStart(4, '0')
  if (code >= 0xd800 && code <= 0xdfff) {
    return `U+${hex} is one half of a surrogate pair, and no character: write the number of the whole character.`
  }
  const name = CONTROLS[code] === undefined ? '' : ` (${CONTROLS[code]})`
  return `The character U+${hex}${name} is not allowed in XML, as it is or as a reference: leave it out, or send it in base64.`
}

interface Found {
  /** libxml2's words */
  readonly message: string
  readonly text: string
  /** of the text, from where the parser stopped */
  readonly rest: string
}

const AMPERSAND = 'write &amp; for & itself, as in a URL.'

const NUMBER = `"&#" begins the number of a character, as &#252; or &#xFC;; ${AMPERSAND}`

/** By libxml2's code. Its own words stay where they say enough. */
const WORDS: ReadonlyMap<number, (found: Found) => string> = new Map<number, (found: Found) => string>([
  [4, ({ text }) => notXml(text)],
  [5, ({ rest }) => behindTheEnd(rest)],
  [6, () => NUMBER],
  [7, () => NUMBER],
  [9, ({ message }) => (/\d$/.test(message) ? notAllowed(Number(part(message, /(\d+)$/))) : message)],
  [23, () => `"&" begins a reference, and no ";" ends it: ${AMPERSAND}`],
  [26, ({ message }) => notDefined(part(message, /'([^']+)'/))],
  [38, () => '"<" may not stand in the value of an attribute: write &lt;.'],
  [
    39,
    ({ rest }) =>
      `The value of an attribute stands in quotes, " or '; here ${shown(rest.slice(0, 1))} is the first of it.`,
  ],
  [42, ({ message }) => `The attribute ${part(message, /Attribute (\S+)/)} stands twice in one tag.`],
  [62, () => '"]]>" may not stand in text: write ]]&gt;.'],
  [64, () => 'The XML declaration (<?xml ...?>) must be the very beginning: not even a space may stand before it.'],
  [
    68,
    ({ message }) => (/EntityRef/.test(message) ? `"&" begins a reference: ${AMPERSAND}` : `${message}. ${NO_NAME}`),
  ],
  [76, ({ message }) => mismatch(message)],
  [77, ({ message }) => cutOff(message)],
  [65, ({ message }) => (/attributes/.test(message) ? ATTRIBUTES : message)],
  [73, () => 'A tag is not closed: ">" is missing, or something stands in it that is no attribute.'],
  [80, () => '"--" may not stand inside a comment.'],
  [114, () => 'The elements are nested too deeply: 256 levels are the limit.'],
  [201, ({ message }) => undeclared(part(message, /prefix (\S+)/))],
])

/** What is missing where a text ends within a tag, a comment, a CDATA section or a processing instruction. */
const CUT_OFF: ReadonlySet<number> = new Set([23, 39, 40, 41, 45, 47, 63, 65, 68, 73])

const ATTRIBUTES = 'In a tag, attributes are separated by white space, and written as name="value".'
const NO_NAME = 'A name begins with a letter or _; for a "<" itself, write &lt;.'

function words({ code, message, line, column }: ParserError, text: string): string {
  const rest = text.slice(offsetOf(text, line, column))
  const isCutOff = CUT_OFF.has(code) && rest.trim() === ''
  return isCutOff
    ? 'The document ends in the middle of its markup: it was cut off.'
    : (WORDS.get(code)?.({ message, text, rest }) ?? message)
}

function part(message: string, pattern: RegExp): string {
  return pattern.exec(message)?.[1] ?? '?'
}

function notDefined(name: string): string {
  return `The entity &${name}; is not defined: XML knows &amp; &lt; &gt; &quot; &apos; only. Write the character itself.`
}

function mismatch(message: string): string {
  const [, open = '?', line = '?', close = '?'] = /mismatch: (\S+) line (\d+) and (\S+)/.exec(message) ?? []
  return `The end tag of "${close}" stands where that of "${open}" is due, which was opened in line ${line}.`
}

function cutOff(message: string): string {
  const [, open = '?', line = '?'] = /in tag (\S+) line (\d+)/.exec(message) ?? []
  return `The document ends inside "${open}", opened in line ${line}: it was cut off, or an end tag is missing.`
}

function undeclared(prefix: string): string {
  return `The prefix "${prefix}" is declared nowhere: xmlns:${prefix}="..." is missing.`
}

function notXml(text: string): string {
  if (/^[\s\ufeff]*$/.test(text)) return 'There is nothing in it but white space.'
  const at = text.indexOf('<')
  if (at < 0) return 'This is no XML: there is no "<" in it.'
  return `An XML document begins with "<"; here ${shown(text.slice(0, at))} stands before it.`
}

function behindTheEnd(rest: string): string {
  const name = /^\s*<([^\s<>/]{1,60})/.exec(rest)?.[1]
  const what = name === undefined ? shown(rest) : `Another element, "${name}",`
  return `${what} stands behind the end of the document, which has one root element.`
}

function shown(text: string): string {
  // it goes into sentences: what it has of lines and controls is a space there
  const words = text
    .trim()
    .slice(0, 40)
    .replace(/\p{Cc}+/gu, ' ')
  return `"${words}${text.trim().length > 40 ? '…' : ''}"`
}

/** Of an offset in UTF-16 code units; columns count characters, as libxml2 does. */
function placeOf(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 }
}

function offsetOf(text: string, line: number, column: number): number {
  let start = 0
  for (let i = 1; i < line; i += 1) start = text.indexOf('\n', start) + 1
  return start + [...text.slice(start, start + 2 * column)].slice(0, Math.max(0, column - 1)).join('').length
}
