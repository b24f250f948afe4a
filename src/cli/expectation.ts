import { didYouMean } from '../did-you-mean.ts'
import type { Explanation } from '../relay/explain.ts'

/** What has to happen to a document that a peer sends; what is left out is not compared. */
export interface Expectation {
  readonly answer?: string
  readonly code?: string
  readonly topics?: readonly string[]
  readonly sent?: readonly string[]
}

const ANSWERS = ['approved', 'asked', 'denied', 'refused']
const KEYS = ['answer', 'code', 'topics', 'sent']

/** An expectation as it is written; or what is wrong with it, in words. */
export function parseExpectation(written: unknown): Expectation | string {
  if (typeof written !== 'object' || written === null || Array.isArray(written)) {
    return 'must be a mapping, as { answer: approved, topics: [incident] }'
  }
  const entries = Object.entries(written)
  if (entries.length === 0) return `expects nothing: name one of ${KEYS.join(', ')}`
  for (const [key, value] of entries) {
    if (!KEYS.includes(key)) return `${key} is not a known key${didYouMean(key, KEYS)}`
    const isList = key === 'topics' || key === 'sent'
    if (isList && !(Array.isArray(value) && value.every((one) => typeof one === 'string'))) {
      return `${key} must be a list of names, as [a, b]`
    }
    if (!isList && typeof value !== 'string') return `${key} must be a word`
    if (key === 'answer' && !ANSWERS.includes(value)) {
      return `answer must be one of ${ANSWERS.join(', ')}${didYouMean(String(value), ANSWERS)}`
    }
  }
  return written as Expectation
}

/** What is otherwise than expected, a sentence each. */
export function differences(expected: Expectation, found: Explanation): string[] {
  const topics = found.items.map(({ topic }) => topic)
  const sent = found.items.flatMap(({ peers }) => peers.filter((peer) => peer.sent).map(({ peer }) => peer))
  const because = found.reason === null ? '' : ` (${found.reason})`
  const list: string[] = []
  const word = (key: 'answer' | 'code', is: string | null) => {
    const should = expected[key]
    if (should !== undefined && should !== is) list.push(`${key} is ${is ?? 'none'}, not ${should}${because}`)
  }
  const set = (key: 'topics' | 'sent', is: readonly string[]) => {
    const should = expected[key]
    if (should === undefined || names(should) === names(is)) return
    list.push(`${key} is [${names(is)}], not [${names(should)}]${because}`)
  }
  word('answer', found.answer)
  word('code', found.code)
  set('topics', topics)
  set('sent', sent)
  return list
}

function names(list: readonly string[]): string {
  return [...new Set(list)].toSorted().join(', ')
}
