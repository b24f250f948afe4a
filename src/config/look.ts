import { didYouMean } from '../did-you-mean.ts'
import type { Path } from './problems.ts'
import { list } from './tree.ts'

/** What the checks look at, and whom they tell. */
export interface Look {
  readonly tree: unknown
  readonly peers: readonly unknown[]
  readonly topics: readonly unknown[]
  readonly routes: readonly unknown[]
  readonly peerNames: readonly string[]
  readonly topicNames: readonly string[]
  problem(path: Path, message: string): void
  warning(path: Path, message: string): void
  /** it may well be meant so */
  note(path: Path, message: string): void
}

/** Of a list of names those that nothing of the configuration has. */
export function known(
  { problem }: Look,
  values: unknown,
  candidates: readonly string[],
  what: string,
  path: Path,
  indexed = true,
): void {
  for (const [i, value] of list(values).entries()) {
    if (typeof value !== 'string' || candidates.includes(value)) continue
    const message = `"${value}" is no ${what} of this configuration${didYouMean(value, candidates)}`
    problem(indexed ? [...path, i] : path, message)
  }
}
