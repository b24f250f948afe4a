/** Who holds what of something that is shared, the oldest first. */
export class Shares<T> {
  readonly #of = new Map<string, Set<T>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  add(owner: string, item: T): void {
    const share = this.#of.get(owner) ?? new Set()
    this.#of.set(owner, share.add(item))
    this.#size += 1
  }

  remove(owner: string, item: T): void {
    const share = this.#of.get(owner)
    if (share?.delete(item) !== true) return
    this.#size -= 1
    if (share.size === 0) this.#of.delete(owner)
  }

  of(owner: string): ReadonlySet<T> {
    return this.#of.get(owner) ?? new Set()
  }

  /** What the one holds who has the most. */
  largest(): ReadonlySet<T> {
    let largest: ReadonlySet<T> = new Set()
    for (const share of this.#of.values()) if (share.size > largest.size) largest = share
    return largest
  }
}
