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

/** A stanza's text, and its tree, for whoever needs that; undefined: it is malformed. True: that was all, and no tree is built. */
export type Glance = (text: string, build: () => Element | undefined) => boolean

/**
 * The parser @xmpp/client is given in place of its own: bounded, and strict where its own is not. Emits `start`, `element`,
 * `end` and `error` as that one does, and tells of stanzas it skipped.
 */
export class StanzaParser extends EventEmitter {
  readonly #framer: Framer
  readonly #dropped: (stanza: DroppedStanza) => void
  readonly #glance: Glance
  #root: Element | undefined
  #over = false

  /** `glance` at each stanza first [every tree is built] */
  constructor(limits: FrameLimits, dropped: (stanza: DroppedStanza) => void, glance: Glance = () => false) {
    super()
    this.#framer = new Framer(limits, (frame) => this.#onFrame(frame))
    this.#dropped = dropped
    this.#glance = glance
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
    if (this.#glance(text, () => treeOf(text, root))) return
    const element = treeOf(text, root)
    if (element === undefined) this.#dropped({ reason: 'malformed', ...describe(text.slice(0, 16_384)) })
    else this.emit('element', element)
  }
}

/** Undefined: it is malformed. */
function treeOf(text: string, root: Element): Element | undefined {
  try {
    return buildStanza(text, root)
  } catch (error) {
    if (error instanceof BuildError) return undefined
    throw new Error(`parser: ${messageOf(error)}`, { cause: error })
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
