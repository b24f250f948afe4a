import type { Diagnostic } from './tree.ts'

/**
 * RFC 6545 §7 and RFC 6120 §11.1: no document type declaration, internal or external. Found before any parser sees the
 * document, so that no entity is ever declared.
 */
export function findDoctype(text: string): Diagnostic | undefined {
  const at = afterMisc(text)
  const isHtml = /^<!doctype\s+html/i.test(text.slice(at, at + 30))
  if (!isHtml && !text.startsWith('<!DOCTYPE', at)) return undefined
  const before = text.slice(0, at).split('\n')
  return {
    line: before.length,
    column: (before.at(-1)?.length ?? 0) + 1,
    message: isHtml ? 'This is no IODEF: it looks like HTML.' : NOT_ALLOWED,
  }
}

const NOT_ALLOWED = 'A document type declaration (DTD, <!DOCTYPE ...>) is not allowed (RFC 6545 §7): leave it out.'

/** XML 1.0 §2.8: comments, processing instructions (the XML declaration looks like one) and white space, in any number. */
function afterMisc(text: string): number {
  let at = 0
  for (;;) {
    const c = text.charAt(at)
    if (c !== '' && ' \t\r\n\ufeff'.includes(c)) at += 1
    else if (text.startsWith('<!--', at)) at = end(text, '-->', at + 4)
    else if (text.startsWith('<?', at)) at = end(text, '?>', at + 2)
    else return at
  }
}

function end(text: string, mark: string, from: number): number {
  const at = text.indexOf(mark, from)
  return at < 0 ? text.length : at + mark.length
}

/** The same text without its document type declaration (XML 1.0 §2.8); what that declares is gone with it. */
export function withoutDoctype(text: string): string {
  const at = afterMisc(text)
  const behind = declarationEnd(text, at)
  return behind === undefined ? text : text.slice(0, at) + text.slice(behind.at)
}

/** Where a document type declaration stands that declares nothing itself; undefined without one, or with an internal subset. */
export function emptyDoctype(text: string): readonly [from: number, to: number] | undefined {
  const at = afterMisc(text)
  const behind = declarationEnd(text, at)
  return behind === undefined || behind.subset ? undefined : [at, behind.at]
}

/** Of the declaration that begins at `from`. Literals and an internal subset may hold ">". */
function declarationEnd(text: string, from: number): { readonly at: number; readonly subset: boolean } | undefined {
  if (!text.startsWith('<!DOCTYPE', from)) return undefined
  let inSubset = false
  let subset = false
  for (let at = from + '<!DOCTYPE'.length; at < text.length; at += 1) {
    const c = text.charAt(at)
    if (c === '"' || c === "'") {
      const close = text.indexOf(c, at + 1)
      if (close < 0) return undefined
      at = close
    } else if (c === '[') {
      inSubset = true
      subset = true
    } else if (c === ']') inSubset = false
    else if (c === '>' && !inSubset) return { at: at + 1, subset }
  }
  return undefined
}
