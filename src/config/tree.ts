/** Careful steps through a value of which nothing is known yet. */

/** The value at this key path, or undefined. */
export function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>((v, key) => (Object.hasOwn(record(v), key) ? record(v)[key] : undefined), value)
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}
