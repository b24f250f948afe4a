import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { contentModel } from '../../src/iodef/content-model.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { attribute, elements, type XmlElement } from '../../src/xml/tree.ts'
import { descendants } from '../support/trees.ts'

/** What a schema file says of the content of each element that it declares, anywhere. */
interface Declared {
  readonly name: string
  readonly kind: 'element-only' | 'mixed' | 'simple' | 'empty'
}

function declarations(file: string): { readonly ns: string; readonly declared: Declared[] } {
  const root = scan(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8'))
  const types = new Map(
    elements(root)
      .filter((e) => e.local === 'complexType')
      .map((e) => [attribute(e, 'name'), e]),
  )
  const declared = [...descendants(root)]
    .filter((e) => e.local === 'element' && attribute(e, 'name') !== undefined)
    .map((e) => ({ name: attribute(e, 'name') ?? '', kind: kindOf(e, types) }))
  return { ns: attribute(root, 'targetNamespace') ?? '', declared }
}

function kindOf(element: XmlElement, types: ReadonlyMap<string | undefined, XmlElement>): Declared['kind'] {
  const named = attribute(element, 'type')
  const local = named?.slice(named.indexOf(':') + 1)
  const type = elements(element).find((e) => e.local === 'complexType') ?? types.get(local)
  // a type of another file: ExtensionType is the only complex one
  if (type === undefined) return local === 'ExtensionType' ? 'mixed' : 'simple'
  return contentOf(type, types)
}

function contentOf(type: XmlElement, types: ReadonlyMap<string | undefined, XmlElement>): Declared['kind'] {
  if (attribute(type, 'mixed') === 'true') return 'mixed'
  const content = elements(type).find((e) =>
    ['simpleContent', 'complexContent', 'sequence', 'choice', 'all', 'group'].includes(e.local),
  )
  if (content === undefined) return 'empty'
  if (content.local === 'simpleContent') return 'simple'
  if (content.local !== 'complexContent') return 'element-only'
  const extension = elements(content)[0]
  const base = extension && attribute(extension, 'base')
  const of = types.get(base?.slice(base.indexOf(':') + 1))
  const inherited = of === undefined ? 'empty' : contentOf(of, types)
  return inherited === 'empty' && extension && elements(extension).some((e) => ['sequence', 'choice'].includes(e.local))
    ? 'element-only'
    : inherited
}

const at = (ns: string, local: string): XmlElement => ({
  ns,
  local,
  attributes: [],
  children: [],
  line: 1,
  column: 1,
  start: 0,
  end: 0,
})

for (const file of [
  'iodef-2.0.xsd',
  'iodef-1.0.xsd',
  'iodef-rid-2.0.xsd',
  'iodef-sci-1.0.xsd',
  'iodef-enum-1.0.xsd',
  'xep-0268.xsd',
]) {
  test(`element-only is what ${file} says is element-only`, () => {
    const { ns, declared } = declarations(file)
    assert.ok(declared.length > 0)
    for (const { name, kind } of declared) {
      const element = at(ns, name)
      // an empty element has no white space to drop
      if (contentModel.elementOnly(element)) assert.ok(['element-only', 'empty'].includes(kind), `${name} is ${kind}`)
      const known = contentModel.elementOnly(element) || contentModel.opaque(element)
      if (kind === 'element-only') assert.ok(known, `${name} is element-only`)
    }
  })
}

test('the same names in other namespaces are nobody’s business', () => {
  for (const name of ['Incident', 'Contact', 'AdditionalData', 'RIDPolicy', 'constructor', '__proto__']) {
    for (const ns of ['', 'urn:x', '__proto__', 'constructor']) {
      assert.equal(contentModel.elementOnly(at(ns, name)), false)
      assert.equal(contentModel.opaque(at(ns, name)), false)
    }
  }
})
