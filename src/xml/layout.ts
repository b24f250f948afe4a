import { NS } from './namespaces.ts'

/**
 * Is a text a document, or message, laid out in lines for people to read, in which white space beside elements means nothing? It does
 * in extension content and beside comments, and libxml2 takes for such white space what has a carriage return behind it. What does not show
 * at a glance, a search for characters that are rare, is found by whoever comes to it (BLANKS_COUNT).
 */
export function isLaidOut(text: string): boolean {
  const document = text.indexOf('IODEF-Document')
  const line = document < 0 ? -1 : text.indexOf('\n', document)
  return (
    text[line - 1] === '>' &&
    !text.includes('\r') &&
    !text.includes('!--', document) &&
    !text.includes('xml"', document) &&
    !text.slice(0, ROOT).includes(NS.incident)
  )
}

/** Has it anything that may stand between two pieces of one text? The one that is nothing but white space is left out then. */
export function isBroken(text: string): boolean {
  return text.includes('<!') || text.includes('<?', 1)
}

/** Characters in which the root says of what namespace it is. */
const ROOT = 500
