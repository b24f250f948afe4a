/** The addresses of one Controller: each has its turn before there is a pause. */
interface Round {
  /** The one to try now. Rejects where none can be found. */
  next(): Promise<string>
  /** Whether another is left beside the one that is tried now. */
  readonly others: boolean
  /** It had its turn, and there was no session of use. `until`, ms since the epoch: it is let alone so long. True: another is left. */
  failed(address: string, until?: number): boolean
  /** A session there was of use, and is over: the others have their turn before it. True: there is one. */
  ended(address: string): boolean
  /** Ends the round; nobody is let alone any longer, where `forgiven` is set. */
  over(forgiven?: boolean): void
  /** ms until one of them may be tried, where all are let alone; otherwise undefined. */
  wait(): number | undefined
}

/** `find`: all of them, the best first, asked at the beginning of each round. `now` in ms since the epoch. */
export function createRound(find: () => Promise<readonly string[]>, now: () => number): Round {
  let all: readonly string[] = []
  let left: readonly string[] = []
  const alone = new Map<string, number>()
  const welcome = () => all.filter((address) => (alone.get(address) ?? 0) <= now())
  const without = (addresses: readonly string[], had: string) => {
    left = addresses.filter((address) => address !== had)
    return left.length > 0
  }
  return {
    async next() {
      if (left.length === 0) {
        all = await find()
        left = welcome()
        if (left.length === 0) left = all
      }
      return left[0] ?? ''
    },
    get others() {
      return left.length > 1
    },
    failed(address, until = 0) {
      alone.set(address, until)
      return without(left, address)
    },
    ended(address) {
      alone.delete(address)
      return without(welcome(), address)
    },
    over(forgiven = false) {
      left = []
      if (forgiven) alone.clear()
    },
    wait() {
      if (all.length === 0 || welcome().length > 0) return undefined
      return Math.min(...all.map((address) => alone.get(address) ?? 0)) - now()
    },
  }
}
