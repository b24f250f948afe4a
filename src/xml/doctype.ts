import type { Diagnostic } from './tree.ts'

const MISC = /(?:[ \t\r\n\ufeff]+|<!--(?:[^-]|-[^-])*-->|<\?(?:[^?]|\?(?!>))*\?>)/y

/**
 * RFC 6545 §7 and RFC 6120 §11.1: no document type declaration, internal or external. Found before any parser sees the
 * document, so that no entity is ever declared.
 */
export function findDoctype(text: string): Diagnostic | undefined {
  let at = 0
  for (;;) {
    MISC.lastIndex = at
    const match = MISC.exec(text)
    if (match === null) break
    at = MISC.lastIndex
  }
  if (!text.startsWith('<!DOCTYPE', at)) return undefined
  const before = text.slice(0, at).split('\n')
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    message: 'A document type declaration (DTD) is not allowed.',
  }
}
