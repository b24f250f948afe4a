import { ROOT_SCOPE, readTag, type Scope } from './start-tag.ts'
import type { XmlElement } from './tree.ts'

/** Prefixes in force around an element, and those that its own start tag declares. */
interface Surroundings {
  /** '' is the default namespace, '' for none */
  readonly around: Readonly<Record<string, string>>
  readonly declared: ReadonlySet<string>
}

/** What is in force at `target`, an element of `root`, which is the tree of `source`. */
export function surroundings(source: string, root: XmlElement, target: XmlElement): Surroundings {
  let scope = ROOT_SCOPE
  for (let element: XmlElement | undefined = root; element !== undefined && element !== target; ) {
    scope = scopeOf(source, element, scope)
    element = childAround(element, target)
  }
  const { prefixes } = scopeOf(source, target, scope)
  return { around: scope.prefixes, declared: new Set(prefixes === scope.prefixes ? [] : Object.keys(prefixes)) }
}

/** The prefixes that the first start tag of a text declares; the text stands on its own. */
export function declaredIn(text: string): ReadonlySet<string> {
  const { prefixes } = readTag(text, 0, ROOT_SCOPE).scope
  return new Set(prefixes === ROOT_SCOPE.prefixes ? [] : Object.keys(prefixes))
}

/** Remembered, since a stranger may ask for it a thousand times: a tree belongs to one source. */
const scopes = new WeakMap<XmlElement, Scope>()

function scopeOf(source: string, element: XmlElement, outer: Scope): Scope {
  const known = scopes.get(element)
  if (known !== undefined) return known
  const { scope } = readTag(source, element.start, outer)
  scopes.set(element, scope)
  return scope
}

/** The child of `element` that holds `target` or is it. By halving: a stranger chooses how many there are. */
function childAround({ children }: XmlElement, target: XmlElement): XmlElement | undefined {
  let low = 0
  let high = children.length
  while (low < high) {
    const middle = (low + high) >> 1
    let at = middle
    while (at < high && typeof children[at] === 'string') at += 1
    const child = children[at]
    // only texts from the middle on
    if (at >= high || child === undefined || typeof child === 'string' || target.start < child.start) high = middle
    else if (target.start < child.end) return child
    else low = at + 1
  }
  return undefined
}
