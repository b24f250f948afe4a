import { registerHooks } from 'node:module'
import type { XmlElement } from '../../src/xml/tree.ts'

/** How often somebody came to the element named `probe`: once for each walk over the tree that it stands in. */
export interface Visits {
  count: number
}

const visits: Visits = { count: 0 }
/** one look at an element may ask for its children twice */
let last: XmlElement | undefined

/** Makes every tree that is read from now on count: import what reads, behind this, by `import()`. */
export function countVisits(): Visits {
  registerHooks({
    load(url, context, next) {
      if (!url.endsWith('/src/xml/parse-tree.ts')) return next(url, context)
      const source =
        `import { counted } from ${JSON.stringify(import.meta.url)}\n` +
        `import { scan as plain } from ${JSON.stringify(`${url}?plain`)}\nexport const scan = (text) => counted(plain(text))\n` +
        `export { NotWellFormed } from ${JSON.stringify(`${url}?plain`)}\n`
      return { format: 'module', source, shortCircuit: true }
    },
  })
  return visits
}

/** The same tree, whose elements say when they are asked for their children. */
export function counted(root: XmlElement): XmlElement {
  for (const queue = [root]; queue.length > 0; ) {
    const element = queue.pop() as XmlElement
    const { children } = element
    Object.defineProperty(element, 'children', {
      enumerable: true,
      get() {
        if (element.local === 'probe' && last !== element) visits.count += 1
        last = element
        return children
      },
    })
    queue.push(...children.filter((child) => typeof child !== 'string'))
  }
  return root
}
