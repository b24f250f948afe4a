import { page } from './markdown.ts'

/** A JSON Schema as far as the pages are held against it. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly default?: unknown
}

interface Key {
  /** `peers[].identity.dns` */
  readonly path: string
  readonly fallback: unknown
}

/** Every key of the configuration that holds a value. */
export function configKeys(): Key[] {
  return [...leavesOf(JSON.parse(page('schemas/config.schema.json')) as Schema, '')]
}

function* leavesOf(schema: Schema, path: string): Generator<Key> {
  if (schema.items?.properties !== undefined) yield* leavesOf(schema.items, `${path}[]`)
  else if (schema.properties === undefined) yield { path, fallback: schema.default }
  else {
    for (const [key, inner] of Object.entries(schema.properties))
      yield* leavesOf(inner, path === '' ? key : `${path}.${key}`)
  }
}

/** A default as one would write it in YAML. */
export function shownDefault(fallback: unknown): string {
  return Array.isArray(fallback) ? `[${fallback.join(', ')}]` : String(fallback)
}
