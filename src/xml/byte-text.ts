/** What one byte is in a normal form: 0 as it stands, else what `Escapes` has at that place. */
interface Escapes {
  readonly kind: Uint8Array
  readonly written: readonly Uint8Array[]
}

/** A byte that makes the text one which Brokers change. */
const FRAGILE = 255

function escapes(written: Readonly<Record<string, string>>, fragile: string): Escapes {
  const kind = new Uint8Array(256)
  const list: Uint8Array[] = [new Uint8Array()]
  for (const [character, text] of Object.entries(written)) {
    kind[character.charCodeAt(0)] = list.length
    list.push(Buffer.from(text))
  }
  for (const character of fragile) kind[character.charCodeAt(0)] = FRAGILE
  return { kind, written: list }
}

/** Canonical XML 1.0 §2.3, as escapeText and escapeAttribute have it; what both write as a reference to a control is fragile. */
const TEXT = escapes({ '&': '&amp;', '<': '&lt;', '>': '&gt;' }, '\r')
const VALUE = escapes({ '&': '&amp;', '<': '&lt;', '"': '&quot;' }, '\t\n\r')

/** What the last text was written in, for the next one: made anew for each, it would be the most of what is collected. */
let room = Buffer.allocUnsafeSlow(65_536)

function roomFor(size: number): Buffer {
  if (room.length < size) room = Buffer.allocUnsafeSlow(size)
  return room.subarray(0, size)
}

/**
 * A text in UTF-8 that grows up to `size` bytes; what does not fit is dropped, and `isFull` says so. There is one at a time: the next one
 * is written over it.
 */
export class ByteText {
  readonly #bytes: Buffer
  length = 0

  constructor(size: number) {
    this.#bytes = roomFor(size)
  }

  get isFull(): boolean {
    return this.length > this.#bytes.length
  }

  add(piece: string): void {
    if (!this.isFull) this.#bytes.write(piece, this.length)
    this.length += Buffer.byteLength(piece)
  }

  put(piece: Uint8Array): void {
    const out = this.#bytes
    let at = this.length
    for (let i = 0; i < piece.length; i += 1) out[at++] = piece[i] as number
    this.length = at
  }

  byte(value: number): void {
    this.#bytes[this.length] = value
    this.length += 1
  }

  /** The characters of `from` at `start`, up to a NUL, as text. False: they are fragile. */
  text(from: Uint8Array, start: number): boolean {
    return this.#escaped(from, start, TEXT)
  }

  /** The same as the value of an attribute. */
  value(from: Uint8Array, start: number): boolean {
    return this.#escaped(from, start, VALUE)
  }

  #escaped(from: Uint8Array, start: number, { kind, written }: Escapes): boolean {
    const out = this.#bytes
    let at = this.length
    for (let i = start; ; i += 1) {
      const c = from[i] as number
      if (c === 0) break
      const k = kind[c] as number
      if (k === 0) {
        out[at++] = c
        continue
      }
      if (k === FRAGILE) return false
      for (const b of written[k] as Uint8Array) out[at++] = b
    }
    this.length = at
    return true
  }

  slice(from = 0, to = this.length): string {
    return this.#bytes.toString('utf8', from, to)
  }

  /** A view: it changes with what is written next. */
  view(from = 0, to = this.length): Uint8Array {
    return this.#bytes.subarray(from, to)
  }
}
