/**
 * What a terminal or a browser obeys, or shows in another order: C0 and C1 controls but tab and line feed, the separators of lines and
 * paragraphs, and all that turns the direction of writing (Unicode UAX #9).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it finds
const OBEYED = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Text from files and strangers for a terminal, a page, a cell of a table: on one line, with nothing in it that is obeyed. */
export function printable(text: string): string {
  return text.replace(/[\t\n]/g, ' ').replace(OBEYED, '\ufffd')
}

/** The same JSON or XML document, with references in place of what would be obeyed. */
export function harmless(text: string): string {
  if (text.search(OBEYED) < 0) return text
  const isXml = text.trimStart().startsWith('<')
  return text.replace(OBEYED, (c) => (isXml ? `&#x${c.charCodeAt(0).toString(16)};` : escaped(c)))
}

/** Text that is safe in XML 1.0 too: what is obeyed or XML cannot hold is spelled out, lone surrogates become U+FFFD. */
export function spelledOut(text: string): string {
  return text
    .toWellFormed()
    .replace(OBEYED, escaped)
    .replace(/[\t\n\ufffe\uffff]/g, escaped)
}

function escaped(c: string): string {
  return `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
}
