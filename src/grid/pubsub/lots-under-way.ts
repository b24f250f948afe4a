/** one that is committed, one that is read meanwhile, and one that is read when that is done */
const MOST = 3

/** Lots of items that were handed on, one behind the other, and are not committed yet. */
export class LotsUnderWay {
  #lots: Promise<void>[] = []
  #failed = false

  /** One of them was not taken, and so was none behind it. */
  get failed(): boolean {
    return this.#failed
  }

  /** `taken` never rejects. */
  begin(taken: Promise<boolean>): void {
    const lot = taken.then((isTaken) => {
      this.#failed ||= !isTaken
      this.#lots = this.#lots.filter((other) => other !== lot)
    })
    this.#lots.push(lot)
  }

  /** Resolves when another one may be begun. */
  async room(): Promise<void> {
    while (this.#lots.length >= MOST) await this.#lots[0]
  }

  /** Resolves when none is under way. */
  async end(): Promise<void> {
    await Promise.all(this.#lots)
  }
}
