/** Bytes/s that a line takes at least while it lives: ejabberd's stock limit is three times that. A slower one counts as dead. */
const SLOWEST = 1_000

/** ms of a busy line after which what was before counts a third: servers let a burst pass before they hold anybody back */
const FADING = 5_000
/** ms of a busy line, and bytes, before its rate is known at all: a few small questions only tell how long an answer takes */
const KNOWN_AFTER = 1_000
const KNOWN_BYTES = 4_096
/** Bytes that a server may let pass before it holds anybody back: ejabberd as shipped 20,000, Prosody those of two seconds. */
const BURST = 32_768
/** s: what was answered sooner tells no more of the line */
const SHORTEST = 0.25
/** The line may be so many times as slow as it was seen to be. */
const MARGIN = 4
/** Bytes of padding from which on it may be that for which the reader waited: other items end in short tags. */
const NOTICEABLE = 1_024

/**
 * How far a Controller has come in reading what was written to it. What has left the socket lies in buffers for as long as the reader
 * likes: only an answer proves that all bytes before it, and its question, have been read (RFC 6120 §10.1, in order).
 */
export class Flight {
  readonly #now: () => number
  #written = 0
  #read = 0
  /** of the last sign that the other end takes bytes */
  #sign = Number.NEGATIVE_INFINITY
  /** behind the last question */
  #asked = 0
  /** of the last byte read, or of the question that ended idleness */
  #mark = 0
  #bytes = 0
  #busy = 0
  /** somebody waited for more bytes: how long the answer took says nothing of the line */
  #stalled = false
  #margin = MARGIN

  /** `now` in ms, never going back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** bytes so far, and so the place behind the last one */
  get written(): number {
    return this.#written
  }

  /** the place up to which all is known to have been read */
  get read(): number {
    return this.#read
  }

  get unread(): number {
    return this.#written - this.#read
  }

  /** Bytes were given to the socket. */
  wrote(size: number): void {
    this.#written += size
  }

  /** Bytes were given to it that mean nothing, since the reader seems to wait for some. */
  padded(size: number): void {
    this.#written += size
    this.#stalled ||= size >= NOTICEABLE
  }

  /** What was written last is a question: from now on somebody has something to say. */
  asked(): void {
    if (this.#asked <= this.#read) this.#mark = this.#now()
    this.#asked = this.#written
  }

  /** The socket could go on after it had to wait: the other end takes bytes. */
  drained(): void {
    this.#sign = this.#now()
  }

  /** A question that ended at `place` was answered. True when that is news. */
  answered(place: number): boolean {
    const fresh = place - this.#read
    if (fresh <= 0) return false
    const now = this.#now()
    const ms = now - this.#mark
    const weight = Math.exp(-ms / FADING)
    if (!this.#stalled) {
      this.#bytes = this.#bytes * weight + fresh
      this.#busy = this.#busy * weight + ms
    }
    this.#stalled = false
    this.#read = place
    this.#mark = now
    this.#sign = now
    return true
  }

  /** Bytes/s that the other end takes of late while there is something to take; undefined while nobody can say. */
  get rate(): number | undefined {
    if (this.#busy < KNOWN_AFTER || this.#bytes < KNOWN_BYTES) return undefined
    return (this.#bytes * 1_000) / this.#busy
  }

  /** More than a burst of bytes came through: it is known what the line takes at the least. */
  get isKnown(): boolean {
    return this.#atLeast > 0
  }

  /**
   * Lines fell silent, `times` in a row, as much was under way. From the second on it may be that they were only slower than they seemed
   * (a server that lets megabytes pass before it holds anybody back), so more and more time is given.
   */
  beware(times: number): void {
    this.#margin = MARGIN ** Math.max(1, times)
  }

  /**
   * When a question written at `since`, its bytes up to `place`, has waited for long enough: `patience` behind the last sign of life,
   * and the time that the line needs for what is before it, if it is several times as slow as it was seen to be.
   */
  overdue(place: number, since: number, patience: number): number {
    const ahead = Math.max(0, place - this.#read)
    const slowest = Math.max(SLOWEST, this.#atLeast / this.#margin)
    return Math.max(since, this.#sign) + patience + (ahead * 1_000) / slowest
  }

  /** Bytes/s that the line took so far at the least, a burst aside that its other end may have let pass. */
  get #atLeast(): number {
    return this.rate ?? (this.#bytes - BURST) / Math.max(SHORTEST, this.#busy / 1_000)
  }
}
