import { contentModel } from '../iodef/content-model.ts'
import { NS } from '../xml/namespaces.ts'
import { elements, type XmlElement } from '../xml/tree.ts'

const OWN: ReadonlySet<string> = new Set([NS.iodef2, NS.iodef1, NS.rid, NS.incident])

/**
 * The elements of IODEF, RID and XEP-0268 that stand where their schemas have them, in document order: none of what stands in extension
 * content, which is somebody's own. `named`: what a namespace is taken for. Not recursive.
 */
export function* ownElements(root: XmlElement, named: (ns: string) => string = (ns) => ns): Generator<XmlElement> {
  const stack = [root]
  for (let element = stack.pop(); element !== undefined; element = stack.pop()) {
    const ns = named(element.ns)
    if (OWN.has(ns)) yield element
    const isHolder = element.local === 'XMLDocument' && ns === NS.rid
    if (!isHolder && contentModel.opaque({ ...element, ns })) continue
    if (!OWN.has(ns) && element !== root && ns !== '') continue
    // one by one: as arguments they would take room on the stack, and it is the sender's choice how many there are
    for (const child of elements(element).toReversed()) stack.push(child)
  }
}
