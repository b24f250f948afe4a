import { NS } from './namespaces.ts'
import { scan } from './parse-tree.ts'
import { attribute, elements, walk, type XmlElement } from './tree.ts'

/** Elements as `{namespace}name`. */
export interface DeclaredElements {
  /** those that a schema declares for everywhere */
  readonly global: ReadonlySet<string>
  /** those whose content is wildcard, in part or all of it */
  readonly open: ReadonlySet<string>
}

/** What a schema and every file that it imports declare. `files` are ours, by name. */
export function declaredElements(files: ReadonlyMap<string, Uint8Array>, top: string): DeclaredElements {
  const roots = closure(files, top)
  const openTypes = openTypesOf(roots)
  const global = new Set<string>()
  const open = new Set<string>()
  for (const root of roots) {
    const namespace = attribute(root, 'targetNamespace') ?? ''
    const name = (element: XmlElement) => `{${namespace}}${attribute(element, 'name') ?? ''}`
    for (const element of elements(root).filter(is('element'))) global.add(name(element))
    for (const element of within(root).filter(is('element'))) {
      if (holdsAny(element) || openTypes.has(localName(attribute(element, 'type')))) open.add(name(element))
    }
  }
  return { global, open }
}

function closure(files: ReadonlyMap<string, Uint8Array>, top: string): XmlElement[] {
  const roots: XmlElement[] = []
  const names = new Set([top])
  for (const name of names) {
    const bytes = files.get(name)
    if (bytes === undefined) throw new Error(`schema ${name} is missing`)
    const root = scan(Buffer.from(bytes).toString('utf8'))
    roots.push(root)
    for (const { attributes } of elements(root).filter(is('import'))) {
      for (const { local, value } of attributes) if (local === 'schemaLocation') names.add(value)
    }
  }
  return roots
}

/** By local name: where two files have types of one name, they are open alike. */
function openTypesOf(roots: readonly XmlElement[]): ReadonlySet<string> {
  const types = roots.flatMap((root) => elements(root).filter(is('complexType')))
  const open = new Set<string>()
  for (let before = -1; before < open.size; ) {
    before = open.size
    for (const type of types) {
      const bases = within(type).map((e) => localName(attribute(e, 'base')))
      if (holdsAny(type) || bases.some((base) => open.has(base))) open.add(attribute(type, 'name') ?? '')
    }
  }
  return open
}

function holdsAny(element: XmlElement): boolean {
  return within(element).some(is('any'))
}

function is(local: string): (element: XmlElement) => boolean {
  return (element) => element.ns === NS.xs && element.local === local
}

function localName(name: string | undefined): string {
  return name?.slice(name.indexOf(':') + 1) ?? ''
}

/** It and all that is in it. */
function within(element: XmlElement): XmlElement[] {
  const found: XmlElement[] = []
  walk(element, (each) => {
    found.push(each)
    return undefined
  })
  return found
}
