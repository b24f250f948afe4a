import { RESTRICTIONS } from '../vocabulary.ts'
import { at, list } from './tree.ts'

/** One list of `restrictions` that is in force. */
export interface Restricted {
  /** key path of what it stands for, as `grid.topics[0]` */
  readonly path: string
  readonly kind: 'topic' | 'peer'
  readonly restrictions: readonly string[]
}

export const DEFAULT_RESTRICTIONS = ['public', 'partner'] as const

/**
 * The lists of Topics, and of the peers that are sent to. Read from the tree as written, so that `check` can speak of them even
 * where other parts of the configuration are wrong; one that is wrong itself is left out.
 */
export function restrictedIn(tree: unknown): Restricted[] {
  const of = (kind: Restricted['kind'], root: string, items: unknown) =>
    list(items).flatMap((item, i) => {
      if (kind === 'peer' && (at(item, 'url') === undefined || list(at(item, 'topics')).length === 0)) return []
      const restrictions = at(item, 'restrictions') ?? DEFAULT_RESTRICTIONS
      return isGood(restrictions) ? [{ path: `${root}[${i}]`, kind, restrictions }] : []
    })
  return [...of('topic', 'grid.topics', at(tree, 'grid', 'topics')), ...of('peer', 'peers', at(tree, 'peers'))]
}

function isGood(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => (RESTRICTIONS as readonly unknown[]).includes(word))
}
