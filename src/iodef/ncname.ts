/** Namespaces in XML 1.0 §3 over XML 1.0 (fifth edition) §2.3. */
const START =
  'A-Z_a-z\\u{C0}-\\u{D6}\\u{D8}-\\u{F6}\\u{F8}-\\u{2FF}\\u{370}-\\u{37D}\\u{37F}-\\u{1FFF}\\u{200C}-\\u{200D}' +
  '\\u{2070}-\\u{218F}\\u{2C00}-\\u{2FEF}\\u{3001}-\\u{D7FF}\\u{F900}-\\u{FDCF}\\u{FDF0}-\\u{FFFD}\\u{10000}-\\u{EFFFF}'
const NCNAME = new RegExp(`^[${START}][${START}\\-.0-9\\u{B7}\\u{300}-\\u{36F}\\u{203F}-\\u{2040}]*$`, 'u')
const BEGINNING = new RegExp(`^[${START}]`, 'u')

/** What keeps a text from being an identifier (xs:ID, an NCName), and what would be right; undefined when it is one. */
export function identifierFlaw(id: string): string | undefined {
  if (NCNAME.test(id)) return undefined
  if (id === '') return 'It is empty.'
  if (/\s/.test(id)) return 'There may be no white space in an ID.'
  if (id.includes(':')) return 'There may be no colon in an ID.'
  if (!BEGINNING.test(id))
    return `It must start with a letter or _, as _${id.slice(0, 20)}${id.length > 20 ? '…' : ''}.`
  return 'There may be letters, digits, - . and _ in an ID, nothing else.'
}
