import type { PeerConfig } from '../config/types.ts'
import { LABELS, missingFrom, type Needed } from '../iodef/restriction.ts'

type Asker = Pick<PeerConfig, 'query' | 'restrictions'>

/** Whatever a document may need (iodef/restriction.ts): the strictest of it, and a pre-arranged policy beside it or alone. */
const NEEDS: readonly Needed[] = LABELS.flatMap((label): Needed[] =>
  label === 'default' ? [[label]] : [[label], [label, 'default']],
)

/** All that a document may need to be shown to this asker. The store looks at nothing else: what is not visible leaves no trace. */
export function visibleNeeds({ restrictions }: Pick<Asker, 'restrictions'>): readonly Needed[] {
  return NEEDS.filter((needed) => missingFrom(restrictions, needed) === undefined)
}

/**
 * Why an answer may not go to this asker, or undefined. `topics`: those that it was shown on; none for what another peer answered,
 * where the route is the right. Asked when the answer comes, and again when it goes.
 */
export function hiddenFrom(
  asker: Asker,
  answer: { readonly topics: readonly string[]; readonly needed: readonly string[] },
): string | undefined {
  const topic = answer.topics.find((name) => !asker.query?.includes(name))
  if (topic !== undefined) return `Topic ${topic} is not in its "query"`
  const needed = LABELS.filter((label) => answer.needed.includes(label))
  const missing = missingFrom(asker.restrictions, needed)
  return missing === undefined ? undefined : `restriction: the answer counts as "${missing}"`
}
