import { NS } from './namespaces.ts'

/**
 * Is a text a document, or message, laid out in lines for people to read, in which white space beside elements means nothing? It does
 * in extension content, and libxml2 takes for such white space what has a carriage return, a comment, an instruction or a CDATA section
 * behind it. Extension content that does not say so, as nearly all does, is found by whoever comes to an element of it.
 */
export function isLaidOut(text: string): boolean {
  return (
    text.includes('>\n') &&
    !text.includes('\r') &&
    !text.includes('<!') &&
    !text.includes('<?', 1) &&
    !text.includes(NS.incident) &&
    !text.includes(' dtype="xml"', Math.max(0, text.indexOf('<IODEF-Document')))
  )
}
