import { EventEmitter } from 'node:events'
import type { Element } from '@xmpp/client'
import { messageOf } from '../../errors.ts'
import { type Frame, type FrameLimits, Framer } from './framer.ts'
import { buildHead, buildStanza } from './stanza.ts'
import { BuildError } from './tag.ts'

/** The first tag of a stanza that was skipped, as far as it could be read. */
export interface DroppedStanza {
  readonly reason: 'oversized' | 'malformed'
  readonly name: string
  readonly type: string
  readonly id: string
  readonly from: string
}

/**
 * The parser @xmpp/client is given in place of its own: bounded, and strict where its own is not. Emits `start`, `element`,
 * `end` and `error` as that one does, and tells of stanzas it skipped.
 */
export class StanzaParser extends EventEmitter {
  readonly #framer: Framer
  readonly #dropped: (stanza: DroppedStanza) => void
  #root: Element | undefined
  #over = false

  constructor(limits: FrameLimits, dropped: (stanza: DroppedStanza) => void) {
    super()
    this.#framer = new Framer(limits, (frame) => this.#onFrame(frame))
    this.#dropped = dropped
  }

  write(text: string): void {
    if (this.#over) return
    try {
      this.#framer.write(text)
    } catch (error) {
      this.#over = true
      this.emit('error', error)
    }
  }

  end(): void {
    this.#over = true
  }

  #onFrame(frame: Frame): void {
    if (this.#over) return
    switch (frame.kind) {
      case 'open':
        if (this.#root) throw new BuildError('a second stream header')
        this.#root = buildHead(frame.text)
        this.emit('start', this.#root)
        break
      case 'stanza':
        this.#onStanza(frame.text)
        break
      case 'dropped':
        this.#dropped({ reason: frame.reason, ...describe(frame.head) })
        break
      default:
        this.#over = true
        this.emit('end', this.#root)
    }
  }

  #onStanza(text: string): void {
    const root = this.#root as Element
    let element: Element
    try {
      element = buildStanza(text, root)
    } catch (error) {
      if (!(error instanceof BuildError)) throw new Error(`parser: ${messageOf(error)}`, { cause: error })
      this.#dropped({ reason: 'malformed', ...describe(text.slice(0, 16_384)) })
      return
    }
    this.emit('element', element)
  }
}

/** Attributes of a stanza's first tag, without trust in the rest of it. */
export function describe(head: string): Omit<DroppedStanza, 'reason'> {
  try {
    const { name, attrs } = buildHead(head)
    return { name, type: attrs.type ?? '', id: attrs.id ?? '', from: attrs.from ?? '' }
  } catch {
    return { name: '', type: '', id: '', from: '' }
  }
}
