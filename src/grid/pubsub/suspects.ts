/** What an item is suspected of, each with how often it must be found alone at it before it is held. */
const LIMITS = {
  /** the Controller ended the stream while nothing else was on the line */
  ended: 2,
  /** the line broke, or fell silent, while nothing else was on it */
  broke: 3,
  /** the Broker never answered it, and answered others */
  unanswered: 3,
  /** the Broker failed at it, and took others */
  refused: 5,
} as const

type Fault = keyof typeof LIMITS

/**
 * `hold`: it is this one. `again`: it may be, and the others go on. `all`: others fare no better, so it is not the item's fault.
 */
export type Verdict = 'hold' | 'again' | 'all'

interface Suspect {
  readonly counts: Record<Fault, number>
  /** publications that had come through, where it would have mattered, when it was first found at that fault */
  readonly before: Partial<Record<Fault, number>>
}

/** Suspects remembered at a time. */
const REMEMBERED = 10_000
/** Different items in a row, none published in between, from which on it is none of them. */
const ROW = 3
/** Bytes on a line from which on it matters whether it is slow or dead. */
const LARGE = 65_536
/** So many times the bytes that lay on a line that fell silent, when they came through others, show that lines are well. */
const OWED = 8

/**
 * Items that may be why a stream ended or a Topic stood still, for as long as the process lives: after a restart each is tried anew, a
 * few times again. An item is held only where others get through, so that no outage is taken for a fault of what was under way in it.
 */
export class Suspects {
  readonly #suspects = new Map<string, Suspect>()
  /** by place (a Topic, or '' for the stream): publications that came through, and who was found at fault since the last one */
  readonly #passed = new Map<string, number>()
  readonly #rows = new Map<string, Set<string>>()
  #silences = 0
  /** what has to come through before a line that falls silent is the first one again: this item, or so many bytes */
  #lost: string | undefined
  #owed = 0

  has(item: string): boolean {
    return this.#suspects.has(item)
  }

  /** It was there, among others. From now on it is tried alone. */
  mark(item: string): void {
    this.#of(item)
  }

  /** It was found at a fault; `othersPassed`: it is known that others were not, at that very time. */
  blame(item: string, topic: string, fault: Fault, othersPassed = false): Verdict {
    const suspect = this.#of(item)
    const place = fault === 'ended' || fault === 'broke' ? '' : topic
    const passed = this.#passed.get(place) ?? 0
    suspect.before[fault] ??= othersPassed ? -1 : passed
    const row = this.#rows.get(place) ?? new Set()
    if (row.size < ROW) this.#rows.set(place, row.add(item))
    const othersPass = passed > suspect.before[fault]
    // what is refused is answered: only others can show that it need not be
    const isAlone = fault !== 'refused' && row.size < ROW
    if (!othersPass && !isAlone) return 'all'
    suspect.counts[fault] += 1
    if (suspect.counts[fault] < LIMITS[fault]) return 'again'
    // should an operator try it again, it is tried alone
    this.#suspects.set(item, newSuspect())
    return 'hold'
  }

  /** A line broke, or fell silent, as these items were on it: so it was not for any other. `size` in bytes. */
  lineBroke(onIt: readonly { readonly item: string; readonly size: number }[], isSilent: boolean): void {
    for (const [item, { counts }] of this.#suspects) if (!onIt.some((one) => one.item === item)) counts.broke = 0
    const bytes = onIt.reduce((sum, { size }) => sum + size, 0)
    if (!isSilent || bytes < LARGE) return
    this.#silences += 1
    this.#lost = onIt.reduce((largest, one) => (one.size > largest.size ? one : largest)).item
    this.#owed = OWED * bytes
  }

  /** Lines in a row that fell silent with much on them: slow ones may have been taken for dead. */
  get silences(): number {
    return this.#silences
  }

  /** It came through; `size` in bytes. */
  clear(item: string, topic: string, size = 0): void {
    this.#suspects.delete(item)
    this.#owed -= size
    if (this.#owed <= 0 || item === this.#lost) this.#silences = 0
    for (const place of ['', topic]) {
      this.#passed.set(place, (this.#passed.get(place) ?? 0) + 1)
      this.#rows.delete(place)
    }
  }

  #of(item: string): Suspect {
    const suspect = this.#suspects.get(item) ?? newSuspect()
    this.#suspects.set(item, suspect)
    for (const oldest of this.#suspects.keys()) {
      if (this.#suspects.size <= REMEMBERED) break
      this.#suspects.delete(oldest)
    }
    return suspect
  }
}

function newSuspect(): Suspect {
  return { counts: { ended: 0, broke: 0, unanswered: 0, refused: 0 }, before: {} }
}
