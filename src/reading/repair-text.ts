import { emptyDoctype } from '../xml/doctype.ts'
import type { Schema } from '../xml/libxml.ts'
import { NS } from '../xml/namespaces.ts'
import { findIn, type XmlElement } from '../xml/tree.ts'
import { missingOfInquiry } from './complete-inquiry.ts'
import { type Patch, patched } from './patch.ts'
import { missingNamespace, nearNamespaces } from './repair-namespaces.ts'
import { disorder, manyNodes, missingAttributes } from './repair-structure.ts'
import { REPAIR_NAMES, type RepairName } from './repair-table.ts'
import { oddValues } from './repair-values.ts'
import { oddWords } from './repair-words.ts'
import { type WellFormed, wellFormed } from './well-formed.ts'

interface Repaired {
  readonly text: string
  /** in the order of the table */
  readonly repairs: readonly RepairName[]
}

type Stage = (formed: WellFormed, schemas: ReadonlyMap<string, Schema>) => Patch[]

/** One after another, each on the text that the one before left: a namespace says what an element is, and that what it may hold. */
const STAGES: readonly Stage[] = [
  ({ text, root }) => nearNamespaces(text, root),
  ({ text, root }) => missingNamespace(text, root),
  ({ text, root }) => [...oddValues(text, root), ...missingAttributes(text, root)],
  ({ text, root }) => manyNodes(text, root),
  ({ text, root }) => disorder(text, root),
  ({ root }) => missingOfInquiry(root),
  (formed, schemas) => oddWords(schemas, formed),
]

/**
 * A text with everything repaired that REPAIRS has; undefined where nothing of it is needed, or the text is not well-formed. Whether it
 * is valid then has to be seen. What is signed stays as it is, whatever is wrong with it. Throws DocumentLimit.
 */
export function repairText(schemas: ReadonlyMap<string, Schema>, source: string): Repaired | undefined {
  const made = new Set<RepairName>()
  let text = withoutDoctype(source, made)
  let formed = wellFormed(text)
  try {
    for (const stage of STAGES) {
      if (!formed.ok || isSigned(formed.root)) break
      const patches = stage(formed, schemas)
      if (patches.length === 0) continue
      for (const { repair } of patches) made.add(repair)
      text = patched(text, patches)
      formed[Symbol.dispose]()
      formed = wellFormed(text)
    }
    return !formed.ok || made.size === 0 ? undefined : { text, repairs: REPAIR_NAMES.filter((name) => made.has(name)) }
  } finally {
    if (formed.ok) formed[Symbol.dispose]()
  }
}

function withoutDoctype(source: string, made: Set<RepairName>): string {
  const [from, to] = emptyDoctype(source) ?? []
  if (from === undefined || to === undefined) return source
  made.add('doctype')
  // lines stay where they are
  const lines = source.slice(from, to).replace(/[^\n]/g, '')
  return patched(source, [{ repair: 'doctype', from, to, text: lines }])
}

function isSigned(root: XmlElement): boolean {
  return findIn(root, ({ ns, local }) => ns === NS.ds && local === 'Signature') !== undefined
}
