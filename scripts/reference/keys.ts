/** Keys of the configuration as rows of a table, from its JSON Schema; the examples are those of a configuration with every key. */
import { Document, parse } from 'yaml'
import { SOLE_VARIABLE } from '../../src/config/env.ts'
import { VARIABLE } from '../../src/config/fields.ts'
import { FULL } from '../../test/config/example.ts'
import { configSchema } from '../config-schema.ts'

interface Schema {
  readonly title?: string
  readonly description?: string
  readonly type?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly pattern?: string
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
}

export interface Key {
  /** `peers[].identity.dns` */
  readonly path: string
  readonly value: string
  readonly fallback: string
  readonly example: string
  readonly description: string
}

const full = parse(FULL) as { readonly store: object }
/** of a store there is a second kind */
const postgres = {
  schema: 'iodef_gateway',
  password: { file: 'store.password' },
  tls: { ca: 'store-ca.pem', cert: 'store.pem', key: 'store.key' },
}
const example: unknown = { ...full, store: { ...full.store, ...postgres } }

/** Every key that holds a value, in the order of the model. */
export function keys(): Key[] {
  return [...keysBelow(JSON.parse(configSchema()) as Schema, '', 'required')]
}

/** `need`: whether it has to be there, in words; '' where it has not. */
function* keysBelow(schema: Schema, path: string, need: string): Generator<Key> {
  if (schema.items?.properties !== undefined) yield* keysBelow(schema.items, `${path}[]`, 'required')
  else if (schema.properties === undefined) yield keyOf(schema, path, need)
  else {
    // of a section that need not be there
    const inside = need === '' && schema.default === undefined ? `required in \`${path}\`` : 'required'
    for (const [name, inner] of Object.entries(schema.properties)) {
      const needed = schema.required?.includes(name) ? inside : ''
      yield* keysBelow(inner, path === '' ? name : `${path}.${name}`, needed)
    }
  }
}

/** What stands in place of a default in brackets at the end of a description: `[itself]`. */
const BRACKETS = / \[([^\]]+)\]$/

function keyOf(schema: Schema, path: string, need: string): Key {
  const description = schema.description ?? schema.anyOf?.[0]?.description
  if (description === undefined) throw new Error(`${path} has no description`)
  const other = BRACKETS.exec(description)?.[1]
  const written = schema.default === undefined ? undefined : `\`${flow(schema.default)}\``
  const fallback = need || other || (written === '`[]`' ? 'none' : (written ?? 'none'))
  const shown = [...valuesAt(example, path.split('.'))][0] ?? exampleIn(schema)
  if (shown === undefined) throw new Error(`${path} has no example`)
  return {
    path,
    value: writtenAs(schema),
    fallback,
    example: `\`${flow(shown)}\``,
    description: description.replace(BRACKETS, ''),
  }
}

/** What may be written there. An environment variable may stand in place of anything, and is not said each time. */
function writtenAs(schema: Schema): string {
  const { anyOf, items, properties, title, type, pattern } = schema
  const forms = anyOf?.filter((form) => form.pattern !== VARIABLE)
  if (forms !== undefined) return forms.map(writtenAs).join(', or ')
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`${word}\``).join(' ')
  if (items !== undefined) return `list of: ${writtenAs(items)}`
  if (properties !== undefined) {
    const names = Object.keys(properties).map((name) => `${name}: ${name === 'file' ? 'PATH' : 'NAME'}`)
    return `\`{ ${names.join(', ')} }\``
  }
  if (type === 'boolean') return '`true` `false`'
  if (type === 'integer') return `${schema.minimum} to ${schema.maximum}`
  if (pattern === SOLE_VARIABLE.source) return '`"$' + '{NAME}"`'
  return title?.replace(/, as .*$/, '') ?? 'text'
}

/** Of what no configuration has that has all the rest. */
function exampleIn(schema: Schema): unknown {
  const [form] = schema.anyOf ?? [schema]
  return form?.type === 'boolean' ? true : / as ([^ ,]+)/.exec(form?.title ?? '')?.[1]
}

function* valuesAt(value: unknown, [key, ...rest]: readonly string[]): Generator {
  if (key === undefined) yield value
  else {
    const name = key.replace('[]', '')
    const inner = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
    const entries = key.endsWith('[]') && Array.isArray(inner) ? inner : [inner]
    for (const entry of entries) if (entry !== undefined) yield* valuesAt(entry, rest)
  }
}

/** As it is written in YAML on one line. */
function flow(value: unknown): string {
  const text = new Document(value).toString({ collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0 })
  return text.trim().replace(/^\{(.*)\}$/, '{ $1 }')
}
