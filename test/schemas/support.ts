import { readdirSync, readFileSync } from 'node:fs'
import { validateText } from '../../src/xml/foreign-content.ts'
import { compileSchemas, parseText, type Schema } from '../../src/xml/libxml.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { attribute, type XmlElement } from '../../src/xml/tree.ts'
import { descendants } from '../support/trees.ts'

const folder = new URL('../../schemas/', import.meta.url)

/** Every schema file by name. */
export const files: ReadonlyMap<string, Uint8Array> = new Map(
  readdirSync(folder)
    .filter((name) => name.endsWith('.xsd'))
    .map((name) => [name, readFileSync(new URL(name, folder))]),
)

export const TOPS = ['iodef-2.0.xsd', 'iodef-1.0.xsd', 'iodef-rid-2.0.xsd', 'xep-0268.xsd'] as const
export type Top = (typeof TOPS)[number]

const compiled = compileSchemas(files, TOPS)

export function compiledSchema(top: Top): Schema {
  const schema = compiled.get(top)
  if (schema === undefined) throw new Error(`${top} is not compiled`)
  return schema
}

/** What the schema says of a document: nothing when it is valid, else the first error. */
export function complaint(top: Top, xml: string): string | undefined {
  const parsed = parseText(xml)
  if (!parsed.ok) throw new Error(`not well-formed: ${parsed.errors[0]?.message} in ${xml}`)
  try {
    return validateText(xml, scan(xml), parsed.document, compiledSchema(top)).errors[0]?.message
  } finally {
    parsed.document.dispose()
  }
}

/** An element of IODEF 2 on its own: the schema takes any of its classes as root. */
export function iodef2(xml: string): string {
  return declare(xml, `xmlns="${NS.iodef2}" xmlns:sci="${NS.sci}" xmlns:i1="${NS.iodef1}" xmlns:ds="${NS.ds}"`)
}

/** Writes attributes into the first tag. */
export function declare(xml: string, attributes: string): string {
  return xml.replace(/^<([\w:-]+)/, `<$1 ${attributes}`)
}

export const XS = 'http://www.w3.org/2001/XMLSchema'

/** The tree of a schema file. */
export function schema(name: string): XmlElement {
  const bytes = files.get(name)
  if (bytes === undefined) throw new Error(`${name} is missing`)
  return scan(new TextDecoder().decode(bytes))
}

/** Everything of one kind (`element`, `attribute`, `complexType` ...) that has a name, in the file's order. */
export function named(root: XmlElement, kind: string): XmlElement[] {
  return [...descendants(root)].filter((e) => e.ns === XS && e.local === kind && attribute(e, 'name') !== undefined)
}
