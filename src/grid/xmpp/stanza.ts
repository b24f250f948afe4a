import type { Element } from '@xmpp/client'
import { isPayload, keepPayload } from './payload.ts'
import { BuildError, decoded, readEndTag, readTag } from './tag.ts'
import { cdataEnd, elementEnd, isCdata } from './well-formed.ts'

/** The element of a start tag such as a stream header. */
export function buildHead(text: string): Element {
  return readTag(text, text.indexOf('<'), null).element
}

/**
 * The tree of one stanza, `stream` being the stream's root. The payload of a pubsub item, or of an IQ about
 * an incident, is not built: it keeps its text (`payloadXml`), to be read by the one parser that decides about documents. Throws
 * BuildError.
 */
export function buildStanza(text: string, stream: Element): Element {
  return new StanzaBuilder(text, stream).build()
}

class StanzaBuilder {
  readonly #text: string
  readonly #stream: Element
  #root: Element | undefined
  /** the innermost open element */
  #current: Element

  constructor(text: string, stream: Element) {
    this.#text = text
    this.#stream = stream
    this.#current = stream
  }

  build(): Element {
    let at = 0
    while (at < this.#text.length) at = this.#read(at)
    if (!this.#root || this.#current !== this.#stream) throw new BuildError('an element does not end')
    return this.#root
  }

  /** Takes in what begins at `at`. The index behind it. */
  #read(at: number): number {
    const text = this.#text
    if (text[at] !== '<') return this.#characters(at)
    if (text[at + 1] === '/') return this.#endTag(at)
    return isCdata(text, at) ? this.#cdata(at) : this.#startTag(at)
  }

  #characters(at: number): number {
    if (this.#current === this.#stream) throw new BuildError('text outside of an element')
    const lt = this.#text.indexOf('<', at)
    const end = lt === -1 ? this.#text.length : lt
    this.#current.t(decoded(this.#text.slice(at, end)))
    return end
  }

  #cdata(at: number): number {
    const end = cdataEnd(this.#text, at)
    this.#current.t(this.#text.slice(at + '<![CDATA['.length, end - ']]>'.length))
    return end
  }

  #endTag(at: number): number {
    const end = readEndTag(this.#text, at, this.#current.name)
    this.#current = this.#current.parent ?? this.#stream
    return end
  }

  #startTag(at: number): number {
    const parent = this.#current
    const { element, empty, end } = readTag(this.#text, at, parent)
    if (parent !== this.#stream) parent.append(element)
    else if (this.#root) throw new BuildError('more than one element')
    this.#root ??= element
    if (isPayload(element)) return this.#payload(element, at)
    if (!empty) this.#current = element
    return end
  }

  #payload(element: Element, at: number): number {
    const end = elementEnd(this.#text, at, { cdata: true })
    keepPayload(element, this.#text.slice(at, end))
    return end
  }
}
