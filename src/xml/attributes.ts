const ATTRIBUTE = /\s+([^\s<>="'/]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g

/** Attributes of a start tag's text, as they are written: names, and values with their references. */
export function attributesOf(text: string): [name: string, value: string][] {
  return [...text.matchAll(ATTRIBUTE)].map(([, name = '', quoted, single]) => [name, quoted ?? single ?? ''])
}
