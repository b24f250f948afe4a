import { isEmptyTag, isEndTag, plainEndTagEnd, skipPlainTag } from './plain-tag.ts'

/** Limits on one stanza, in UTF-16 code units: never more than its bytes. */
export interface FrameLimits {
  /** How long the stanza that begins with this tag may be, and how many elements it may have. */
  stanza(head: string): { readonly size: number; readonly elements: number }
  /** nesting, the stanza itself being 1 */
  readonly depth: number
  /** one tag with its attributes */
  readonly tag: number
}

export type Frame =
  /** the stream header's tag */
  | { readonly kind: 'open'; readonly text: string }
  | { readonly kind: 'stanza'; readonly text: string }
  /** a stanza over a limit, or with what RFC 6120 §11.1 forbids: skipped, never kept. `head` is its first tag, if that was read */
  | { readonly kind: 'dropped'; readonly reason: 'oversized' | 'malformed'; readonly head: string }
  | { readonly kind: 'close' }

/** The stream itself cannot be followed any more: RFC 6120 §4.9.3.1, §4.9.3.18. */
export class FramingError extends Error {
  /** of the stream error that says so (RFC 6120 §4.9.3) */
  readonly condition: string

  constructor(message: string, condition = 'bad-format') {
    super(message)
    this.condition = condition
  }
}

/** What a chunk is in at an index, as the method that reads on from there. It returns the index up to which it came. */
type State = (this: Framer, chunk: string, i: number) => number

/** behind `<!` */
const COMMENT_OPEN = '--'
const CDATA_OPEN = '[CDATA['
const TAG_STOP = /[>"']/g
/** A stanza's own tag, before its size limit is known. */
const HEAD_LIMIT = 16_384

/**
 * Cuts an XML stream into the text of its stanzas, chunk by chunk, in linear time. What is over a limit is skipped while it is
 * read, so memory stays bounded and the stream goes on behind it.
 */
export class Framer {
  readonly #limits: FrameLimits
  readonly #emit: (frame: Frame) => void
  #state: State = this.#betweenMarkup
  /** open elements, the stream's root included */
  #depth = 0
  #quote = ''
  #closing = false
  /** the last character of the tag so far: `/` makes it self-closing */
  #last = ''
  #tagSize = 0
  #bang = ''
  #tail = ''
  /** text of the current stanza in earlier chunks */
  #parts: string[] = []
  #size = 0
  #limit = HEAD_LIMIT
  #elements = 0
  #maxElements = 1
  #head = ''
  #dropping: 'oversized' | 'malformed' | undefined
  #inStanza = false
  /** where the current stanza's text begins in this chunk */
  #from = 0

  constructor(limits: FrameLimits, emit: (frame: Frame) => void) {
    this.#limits = limits
    this.#emit = emit
  }

  /** Throws FramingError when nothing behind this point can be understood. */
  write(chunk: string): void {
    this.#from = 0
    let i = 0
    while (i < chunk.length) i = this.#state(chunk, i)
    if (this.#inStanza) this.#keep(chunk.slice(this.#from))
  }

  #betweenMarkup(chunk: string, i: number): number {
    const lt = chunk.indexOf('<', i)
    const end = lt === -1 ? chunk.length : lt
    if (!this.#inStanza && chunk.slice(i, end).trim() !== '') throw new FramingError('text outside of a stanza')
    if (lt === -1) return end
    if (!this.#inStanza) this.#begin(lt)
    const plain = this.#plainTag(chunk, lt)
    if (plain !== undefined) return plain
    this.#state = this.#behindLessThan
    return lt + 1
  }

  /** Nearly all tags, in one look: the index behind it, or undefined where it is to be read character by character. */
  #plainTag(chunk: string, lt: number): number | undefined {
    const closing = isEndTag(chunk, lt)
    const end = closing ? plainEndTagEnd(chunk, lt) : skipPlainTag(chunk, lt)
    if (end === undefined || end - lt > this.#limits.tag) return undefined
    this.#closing = closing
    this.#last = !closing && isEmptyTag(chunk, end) ? '/' : ''
    this.#tagEnds(chunk, end)
    return end
  }

  #behindLessThan(chunk: string, i: number): number {
    const c = chunk[i]
    this.#tagSize = 0
    this.#last = ''
    this.#closing = c === '/'
    if (c === '!') return this.#enter(this.#behindBang, i + 1)
    if (c === '?') {
      if (this.#depth > 0) this.#drop('malformed')
      return this.#enter(this.#inInstruction, i + 1)
    }
    return this.#enter(this.#inTag, this.#closing ? i + 1 : i)
  }

  #inTag(chunk: string, i: number): number {
    TAG_STOP.lastIndex = i
    const stop = TAG_STOP.test(chunk) ? TAG_STOP.lastIndex - 1 : chunk.length
    if (stop > i) this.#last = chunk[stop - 1] as string
    this.#grow(stop - i)
    if (stop === chunk.length) return stop
    if (chunk[stop] === '>') {
      this.#state = this.#betweenMarkup
      this.#tagEnds(chunk, stop + 1)
    } else {
      this.#quote = chunk[stop] as string
      this.#last = ''
      this.#state = this.#inQuotes
    }
    return stop + 1
  }

  #inQuotes(chunk: string, i: number): number {
    const end = chunk.indexOf(this.#quote, i)
    this.#grow((end === -1 ? chunk.length : end) - i)
    if (end === -1) return chunk.length
    this.#state = this.#inTag
    return end + 1
  }

  #behindBang(chunk: string, i: number): number {
    const before = this.#bang.length
    const bang = this.#bang + chunk.slice(i, i + CDATA_OPEN.length - before)
    if (bang.startsWith(COMMENT_OPEN)) {
      // RFC 6120 §11.1: a comment breaks the rules, but its stanza alone shall suffer for it
      this.#drop('malformed')
      return this.#enter(this.#inComment, i + COMMENT_OPEN.length - before)
    }
    if (bang === CDATA_OPEN) return this.#enter(this.#inCdata, i + CDATA_OPEN.length - before)
    if (!COMMENT_OPEN.startsWith(bang) && !CDATA_OPEN.startsWith(bang))
      throw new FramingError('a document type declaration', 'restricted-xml')
    this.#bang = bang
    return chunk.length
  }

  #inComment(chunk: string, i: number): number {
    return this.#skipTo('-->', chunk, i)
  }

  #inCdata(chunk: string, i: number): number {
    return this.#skipTo(']]>', chunk, i)
  }

  #inInstruction(chunk: string, i: number): number {
    const end = this.#skipTo('?>', chunk, i)
    // the XML declaration in front of the stream header
    if (this.#state === this.#betweenMarkup && this.#depth === 0) this.#inStanza = false
    return end
  }

  /** Goes over to a state that begins anew at `i`. */
  #enter(state: State, i: number): number {
    this.#state = state
    this.#bang = ''
    this.#tail = ''
    return i
  }

  #begin(at: number): void {
    this.#inStanza = true
    this.#from = at
    this.#parts = []
    this.#size = 0
    this.#limit = HEAD_LIMIT
    this.#maxElements = 1
    this.#elements = 0
    this.#head = ''
    this.#dropping = undefined
  }

  #drop(reason: 'oversized' | 'malformed'): void {
    this.#dropping ??= reason
    this.#parts = []
  }

  #keep(text: string): void {
    this.#size += text.length
    if (this.#size > this.#limit) this.#drop('oversized')
    if (!this.#dropping) this.#parts.push(text)
  }

  #grow(by: number): void {
    this.#tagSize += by
    if (this.#tagSize > this.#limits.tag) this.#drop('oversized')
  }

  /** A tag ended just before `end`. */
  #tagEnds(chunk: string, end: number): void {
    if (this.#closing) {
      this.#depth -= 1
    } else {
      this.#depth += 1
      this.#elements += 1
      if (this.#depth === 1) {
        this.#streamHeader(chunk.slice(this.#from, end))
        return
      }
      if (this.#head === '' && !this.#dropping) this.#headRead(this.#parts.join('') + chunk.slice(this.#from, end))
      if (this.#elements > this.#maxElements || this.#depth - 1 > this.#limits.depth) this.#drop('oversized')
      if (this.#last === '/') this.#depth -= 1
    }
    if (this.#depth === 1) this.#stanzaEnds(chunk.slice(this.#from, end))
    else if (this.#depth <= 0) {
      this.#inStanza = false
      this.#emit({ kind: 'close' })
    }
  }

  #streamHeader(rest: string): void {
    if (this.#dropping) throw new FramingError('the stream header is too long', 'policy-violation')
    this.#keep(rest)
    const text = this.#parts.join('')
    this.#inStanza = false
    this.#parts = []
    if (this.#dropping) throw new FramingError('the stream header is too long', 'policy-violation')
    this.#emit({ kind: 'open', text })
  }

  #headRead(head: string): void {
    this.#head = head
    const { size, elements } = this.#limits.stanza(head)
    this.#limit = size
    this.#maxElements = elements
  }

  #stanzaEnds(rest: string): void {
    this.#keep(rest)
    const text = this.#parts.join('')
    this.#inStanza = false
    this.#parts = []
    const reason = this.#dropping
    if (reason) this.#emit({ kind: 'dropped', reason, head: this.#head })
    else this.#emit({ kind: 'stanza', text })
  }

  /** The index behind `mark`, which may have begun in the chunk before; then back to text. */
  #skipTo(mark: string, chunk: string, i: number): number {
    const seen = this.#tail.length
    const across = seen === 0 ? -1 : (this.#tail + chunk.slice(i, i + mark.length)).indexOf(mark)
    if (across !== -1 && across < seen) {
      this.#state = this.#betweenMarkup
      return i + across + mark.length - seen
    }
    const found = chunk.indexOf(mark, i)
    if (found !== -1) {
      this.#state = this.#betweenMarkup
      return found + mark.length
    }
    this.#tail = (this.#tail + chunk.slice(Math.max(i, chunk.length - mark.length))).slice(-(mark.length - 1))
    return chunk.length
  }
}
