/** One publication that wants to be written. */
export interface Parcel {
  readonly item: string
  readonly topic: string
  /** bytes */
  readonly size: number
  /** with nothing else on the line until it has been read */
  readonly alone: boolean
  readonly signal: AbortSignal
}

/** The right to write one publication, now. */
export interface Turn {
  readonly item: string
  /** bytes */
  readonly size: number
  /** ms, of performance.now */
  readonly since: number
  /** the same, when it was known to have been read */
  readonly readAt: number | undefined
  /** All of it has been read: whatever happens to the stream, it was not this. */
  read(): void
  /** It was answered, or nobody waits for that any more. */
  end(): void
}
