import type { XsdValidator } from 'libxml2-wasm'
import {
  xmlFreeDoc,
  xmlFreeParserCtxt,
  xmlNewParserCtxt,
  xmlSchemaFreeValidCtxt,
  xmlSchemaNewValidCtxt,
} from 'libxml2-wasm/lib/libxml2.mjs'
import type { DeclaredElements } from './schema-files.ts'
import type { Diagnostic } from './tree.ts'

/** A finding with the path of its node as libxml2 prints it (`/*` + `/*[2]`), where there is one. */
export interface Finding extends Diagnostic {
  readonly path?: string
}

/** `total` counts what `errors` leaves out too. */
export interface Findings {
  readonly errors: readonly Finding[]
  readonly total: number
}

export interface Schema {
  readonly validator: XsdValidator
  readonly elements: DeclaredElements
}

/** A document as libxml2 has it. Whoever parsed it disposes of it: its memory is no part of what JavaScript collects. */
export class ParsedDocument implements Disposable {
  /** of its xmlDoc; 0 once it is gone */
  pointer: number
  /** libxml2 told of something, though nothing that counts here */
  readonly warned: boolean
  /** whose dictionary has its names */
  readonly parser: Parser
  /** it has the white space beside elements, too */
  readonly blanks: boolean
  /** what a schema found, once it was asked: a flood of errors costs once */
  validity: { readonly schema: Schema; readonly findings: Findings } | undefined

  constructor(pointer: number, warned: boolean, parser: Parser, blanks: boolean) {
    this.pointer = pointer
    this.warned = warned
    this.parser = parser
    this.blanks = blanks
  }

  dispose(): void {
    if (this.pointer !== 0) xmlFreeDoc(this.pointer)
    this.pointer = 0
  }

  [Symbol.dispose](): void {
    this.dispose()
  }
}

/** A parser context of libxml2, with the dictionary of all names it has met. */
export interface Parser {
  readonly context: number
  /** bytes it has parsed */
  parsed: number
}

/** Bytes after which contexts are given back: a dictionary keeps every name that a stranger made up. A new parser costs 10 us. */
const PARSER_LIFE = 1024 * 1024
let parser: Parser = { context: xmlNewParserCtxt(), parsed: 0 }

/** The context for the next text. */
export function renewedParser(): Parser {
  if (parser.parsed < PARSER_LIFE) return parser
  // documents that are still there keep its dictionary
  xmlFreeParserCtxt(parser.context)
  for (const schema of validators.keys()) dropValidator(schema)
  parser = { context: xmlNewParserCtxt(), parsed: 0 }
  return parser
}

/** Validation contexts of libxml2, each for one valid document after the other. */
const validators = new Map<Schema, number>()

export function validatorFor(schema: Schema): number {
  const known = validators.get(schema)
  if (known !== undefined) return known
  const context = xmlSchemaNewValidCtxt((schema.validator as unknown as { readonly _ptr: number })._ptr)
  validators.set(schema, context)
  return context
}

/** Behind a document that was not valid, or could not be judged, nobody has to know what of it a context keeps. */
export function dropValidator(schema: Schema): void {
  xmlSchemaFreeValidCtxt(validators.get(schema) ?? 0)
  validators.delete(schema)
}
