import { signatureElements } from '../rid/message.ts'
import { type Parser, type Schema, validate } from '../xml/libxml.ts'
import { NS } from '../xml/namespaces.ts'
import { layoutFits } from '../xml/native-check.ts'
import { Names } from '../xml/native-names.ts'
import { NativeDocument, type NativeElement, NOT_PLAIN } from '../xml/native-tree.ts'
import { applyRules } from './apply-rules.ts'
import type { Checked } from './check-text.ts'
import type { Form } from './describe.ts'
import { type Facts, factsOf } from './facts.ts'
import { type Recognized, recognize } from './format.ts'
import type { ReadOptions } from './inspection.ts'
import { documentForm, type PlainForm } from './plain-form.ts'
import { plainNames } from './plain-names.ts'
import type { Parsed } from './well-formed.ts'

/** A document that is read straight from libxml2's tree, and what its root says that it is. */
interface Plain {
  readonly schemas: ReadonlyMap<string, Schema>
  readonly source: Parsed
  readonly options: ReadOptions
  readonly native: NativeDocument
  readonly recognized: Recognized
}

/** Characters of a document that cannot have more nodes than NODE_LIMIT allows: the shortest (`<a/>`) has four. */
const MOST = 1_000_000

/**
 * Reads what is plain by `read`, which throws NOT_PLAIN, or returns undefined, for what is not. That is read step by step then, and what is
 * found here is what those steps would find.
 */
export function readingPlainly<T>(
  schemas: ReadonlyMap<string, Schema>,
  source: Parsed,
  options: ReadOptions,
  read: (plain: Plain) => T | undefined,
): T | undefined {
  const { text, parsed } = source
  if (options.careful === true || options.advice === true || parsed.warned) return undefined
  if (text.length > MOST || !isReadable()) return undefined
  try {
    const native = new NativeDocument(parsed, text, namesOf(parsed.parser))
    const recognized = recognize(native.root)
    return recognized.ok ? read({ schemas, source, options, native, recognized }) : undefined
  } catch (error) {
    if (error === NOT_PLAIN) return undefined
    throw error
  }
}

let fits: boolean | undefined

/** Another build of libxml2 may lay out its memory in another way: then all is read step by step. */
function isReadable(): boolean {
  if (fits === undefined) {
    fits = layoutFits()
    if (!fits) {
      process.emitWarning('The memory of libxml2 is not laid out as expected: reading takes longer.', 'IodefGateway')
    }
  }
  return fits
}

const known = new WeakMap<Parser, Names>()

function namesOf(parser: Parser): Names {
  const names = known.get(parser) ?? new Names(plainNames)
  known.set(parser, names)
  return names
}

/**
 * Reads a plain document, valid IODEF 2 on its own or in a RID message, or a message without one, in one walk over libxml2's tree. `describe`
 * goes on with what the steps up to `rules` find in it and with its normal form, while the tree is there.
 */
export function readPlainDocument<T>(
  schemas: ReadonlyMap<string, Schema>,
  source: Parsed,
  options: ReadOptions,
  describe: (checked: Checked, form: Form | undefined) => T,
): T | undefined {
  return readingPlainly(schemas, source, options, (plain) => {
    const { native, recognized } = plain
    const { document, format } = recognized
    if (format === 'XEP-0268' || signatureElements(native.root).length > 0) return undefined
    if (document !== undefined && document.ns !== NS.iodef2) return undefined
    let form: PlainForm | undefined
    const facts = factsOf(native.root, document, options, (finder, element, before) => {
      form = documentForm(native, element as NativeElement, before, finder)
    })
    if (!isValid(plain)) return undefined
    const checked = checkedBy(plain, form === undefined ? facts : { ...facts, ruled: form.ruled })
    return checked && describe(checked, form)
  })
}

export function isValid({ schemas, source, recognized }: Plain): boolean {
  const schema = schemas.get(recognized.schema)
  return schema !== undefined && validate(source.parsed, schema).total === 0
}

/** The step `rules`; undefined where it refuses. */
export function checkedBy({ source, options, native, recognized }: Plain, facts: Facts): Checked | undefined {
  const { format, document } = recognized
  const judged = applyRules(native.root, recognized, facts, options)
  if (!judged.ok) return undefined
  return { ok: true, text: source.text, root: native.root, format, document, facts, warnings: judged.warnings }
}
