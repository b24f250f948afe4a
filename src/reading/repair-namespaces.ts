import { NS } from '../xml/namespaces.ts'
import { attribute, elements, type XmlElement } from '../xml/tree.ts'
import { isDeclaration, writtenAttributes } from '../xml/written-attributes.ts'
import { ownElements } from './own-elements.ts'
import { type Patch, withAttribute, withValue } from './patch.ts'

const MEANT: readonly string[] = [NS.iodef2, NS.iodef1, NS.rid, NS.incident]

/** Characters that a spelling of one of them may have: each element asks for that of its own, which may be a stranger's. */
const LONGEST = 100

/** The namespace that a spelling can be taken for; the spelling itself where it is right, or nothing like ours. */
function meantBy(ns: string): string {
  if (ns === '' || ns.length > LONGEST || MEANT.includes(ns)) return ns
  const plain = ns
    .trim()
    .toLowerCase()
    .replace(/(?<![/#])[/#]+$/, '')
    .replace(':xml:schema:', ':xml:ns:')
    // that of the RSA agent, of a draft of what became RFC 7970
    .replace(/:iodef-1\.4\d$/, ':iodef-1.0')
    .replace(/:iodef-2\.00$/, ':iodef-2.0')
  return MEANT.find((known) => known === plain) ?? ns
}

/** Declarations of a namespace that is nearly one of ours. */
export function nearNamespaces(text: string, root: XmlElement): Patch[] {
  const patches: Patch[] = []
  for (const element of ownElements(root, meantBy)) {
    for (const written of writtenAttributes(text, element)) {
      if (!isDeclaration(written)) continue
      const meant = meantBy(written.value)
      if (meant !== written.value) patches.push(withValue('namespace', written, meant))
    }
  }
  return patches
}

/** An IODEF-Document in no namespace, or in RID's, which it inherits: in that of its children, or that of its version. */
export function missingNamespace(text: string, root: XmlElement): Patch[] {
  const patches: Patch[] = []
  for (const element of documentsIn(root)) {
    if (element.local !== 'IODEF-Document' || (element.ns !== '' && element.ns !== NS.rid)) continue
    const ns =
      elements(element).find((child) => child.ns === NS.iodef1 || child.ns === NS.iodef2)?.ns ?? byVersion(element)
    const written = writtenAttributes(text, element).find(({ name }) => name === 'xmlns')
    patches.push(
      written === undefined
        ? withAttribute('namespace', text, element, `xmlns="${ns}"`)
        : withValue('namespace', written, ns),
    )
  }
  return patches
}

function documentsIn(root: XmlElement): readonly XmlElement[] {
  if (root.local === 'IODEF-Document') return [root]
  const holders = [...ownElements(root)].filter(({ local, ns }) => local === 'XMLDocument' && ns === NS.rid)
  return holders.flatMap(elements)
}

/** RFC 7970 §3.2 demands GenerationTime, which RFC 5070 has not. */
function byVersion(document: XmlElement): string {
  const version = attribute(document, 'version')
  if (version !== undefined) return /^\s*v?1/i.test(version) ? NS.iodef1 : NS.iodef2
  const isSecond = elements(document).some((incident) => elements(incident).some((e) => e.local === 'GenerationTime'))
  return isSecond ? NS.iodef2 : NS.iodef1
}
