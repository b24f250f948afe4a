/** One gateway at work on a store. */
export interface GatewayAtWork {
  /** random, anew at each start */
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly version: string
  /** ms since the epoch */
  readonly started: number
  /** this one */
  readonly ours: boolean
}

/** Who do something together, each a part of it: the same list for all of them, in the same order, though not at the same instant. */
export interface Roster {
  readonly own: string
  readonly all: readonly string[]
  /** what some of them leave to the others */
  readonly without: ReadonlyMap<string, readonly string[]>
}

/** Those who share a store: what one of them does at a time, and who they are. A store of one gateway has one, and it does everything. */
export interface Fleet {
  /**
   * Takes on, or goes on with, what only one gateway does at a time, for `ms` from now. False: another has it. Nobody else has it before
   * these are over, as the store counts them, but it may be lost where it is not asked for again in time.
   */
  lease(name: string, ms: number): Promise<boolean>
  /** Anybody may have it from now on. Nothing where it is another's. */
  endLease(name: string): Promise<void>
  /**
   * Takes part in what `name` is, for `ms` from now, but for these parts of it [none]. Who comes, who ends it, and what somebody leaves to the
   * others, is told to them (Queue.onChange).
   */
  enlist(name: string, ms: number, without?: readonly string[]): Promise<Roster>
  leave(name: string): Promise<void>
  /** Who takes part in it now, in the order of `enlist`. */
  roster(name: string): Promise<readonly string[]>
  /** What every gateway on this store says of itself, and none on another. */
  mark(): Promise<string>
  /** Who is at work on the store now, the longest first. */
  gateways(): Promise<readonly GatewayAtWork[]>
}
