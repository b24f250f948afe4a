/** items of all Topics together: the queue of readers is there for RID messages, too */
const MOST = 128

/** How many items may be read while others of their Topic, before them, are being committed. */
export class ReadingAhead {
  #items = 0

  /** Undefined: there is no room for so many. Disposed of when they are on disk, or will not be: until then they are in memory. */
  room(items: number): Disposable | undefined {
    if (this.#items + items > MOST) return undefined
    this.#items += items
    return {
      [Symbol.dispose]: () => {
        this.#items -= items
      },
    }
  }
}
