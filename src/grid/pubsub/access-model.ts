/** XEP-0060 §4.5, the strictest first. Between `presence` and `roster` nobody can say: each lets in whom the other does not. */
const STRICTNESS: Readonly<Record<string, number>> = { whitelist: 0, authorize: 1, roster: 2, presence: 2, open: 3 }

/** May somebody read with `found` who could not with `wanted`? A model that nobody knows may let in anybody. */
export function isLaxer(found: string, wanted: string): boolean {
  if (found === wanted) return false
  const [is, should] = [STRICTNESS[found], STRICTNESS[wanted]]
  return is === undefined || should === undefined || is >= should
}
