import { Flight } from './flight.ts'
import type { IqAnswer } from './iq.ts'

/**
 * At once. Servers count white space towards the size of a stanza that they have not seen the end of: in steps, no more goes out than
 * is wanted. Prosody reads as much at a time, and expat tries again before a buffer of that much less than a power of two is full.
 */
const STEP = 8_192
/** ms without any answer, at first and from then on */
const FIRST = 300
const NEXT = 100
/** ms that a slow line is given to bring what is under way, at most: it may be that it only seems to be slow */
const UNDER_WAY = 30_000

const LESS_THAN = 0x3c
const GREATER_THAN = 0x3e
const QUOTATION_MARK = 0x22
const APOSTROPHE = 0x27

/**
 * How many bytes must follow a stanza before a reader with expat is sure to look at all of it: none, or fewer than its longest tag
 * has. Since 2.6.0 (and Debian's 2.5.0-1+deb12u2) expat does not try a tag again that it saw in part before there is twice as much;
 * at worst that was all but the last byte. Character data is never put off. Comments, CDATA sections and instructions are not sent.
 */
export function whiteSpaceBehind(stanza: Buffer): number {
  const size = stanza.length
  let needed = 0
  // a tag is longer than what is behind it only if it spans one of these places, each twice as far from the end as the one before
  for (let far = 1, before = -1; far <= size; far *= 2) {
    const start = stanza.lastIndexOf(LESS_THAN, size - far)
    if (start === before) continue
    before = start
    const end = start === -1 ? -1 : tagEnd(stanza, start)
    if (end !== -1) needed = Math.max(needed, start + 2 * (end - start))
  }
  return Math.max(0, needed - size)
}

/** Of the `>` of the tag that begins there; -1: it does not end. No value has a `<`. */
function tagEnd(stanza: Buffer, start: number): number {
  let quote = 0
  for (let i = start; i < stanza.length; i += 1) {
    const byte = stanza[i] as number
    if (quote !== 0) {
      if (byte === quote) quote = 0
    } else if (byte === GREATER_THAN) return i
    else if (byte === QUOTATION_MARK || byte === APOSTROPHE) quote = byte
  }
  return -1
}

/**
 * Writes stanzas, and white space behind them (RFC 6120 §11.7) while questions are not answered and the reader at the other end may
 * be waiting for more bytes. For use behind SASL only (§6.3.5).
 */
export class StanzaWriter {
  readonly #write: (bytes: Buffer) => Promise<void>
  readonly #flight: Flight
  #stanzas = 0
  /** bytes that the reader may still want */
  #wanted = 0
  /** questions whose bytes have left and whose answer has not come */
  #open = 0
  #timer: NodeJS.Timeout | undefined

  /** `write` resolves when the bytes have left, and keeps the order of its calls. */
  constructor(write: (bytes: Buffer) => Promise<void>, flight: Flight = new Flight()) {
    this.#write = write
    this.#flight = flight
  }

  /** Resolves when the stanza has left; rejects as `write` does. `answer` makes it a question, open until that settles. */
  async write(stanza: string, answer?: Promise<IqAnswer>): Promise<void> {
    const bytes = Buffer.from(stanza)
    this.#wanted = Math.max(this.#wanted - bytes.length, whiteSpaceBehind(bytes))
    this.#stanzas += 1
    const turn = this.#stanzas
    this.#flight.wrote(bytes.length)
    if (answer) this.#flight.asked()
    await this.#write(bytes)
    if (!answer) return
    this.#open += 1
    this.#wait(FIRST)
    void answer.then(({ kind }) => {
      this.#open -= 1
      // the last stanza was answered: everything was read
      if (turn === this.#stanzas && kind !== 'timeout' && kind !== 'away') this.#wanted = 0
      clearTimeout(this.#timer)
      this.#timer = undefined
      this.#wait(FIRST)
    })
  }

  #wait(ms: number): void {
    if (this.#timer !== undefined || this.#open === 0 || this.#wanted === 0) return
    // until all of it can have come over a slow line, nobody waits for more
    const { unread, rate } = this.#flight
    const underWay = rate === undefined ? 0 : Math.min(UNDER_WAY, (unread * 1_000) / rate)
    this.#timer = setTimeout(() => void this.#push(), ms + underWay)
  }

  async #push(): Promise<void> {
    this.#timer = undefined
    const size = Math.min(this.#wanted, STEP)
    this.#wanted -= size
    this.#flight.padded(size)
    try {
      await this.#write(Buffer.alloc(size, ' '))
      this.#wait(NEXT)
    } catch {
      // the stream is over, and says so itself
    }
  }
}
