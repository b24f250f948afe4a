/** A JSON Schema as far as the pages are held against it. */
export interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly default?: unknown
}

/** Every key that holds a value, `[]` behind the name of a list of mappings. */
export function* leavesOf(schema: Schema, path = ''): Generator<{ path: string; fallback: unknown }> {
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
