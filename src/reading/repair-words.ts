import { isRespelled } from '../iodef/vocabulary-words.ts'
import { validateText } from '../xml/foreign-content.ts'
import type { Schema } from '../xml/libxml.ts'
import { locate } from '../xml/locate.ts'
import { writtenAttributes } from '../xml/written-attributes.ts'
import { recognize } from './format.ts'
import { type Patch, withAttribute, withValue } from './patch.ts'
import type { WellFormed } from './well-formed.ts'

/** What libxml2 says of an attribute whose value is none of a list. */
const NOT_LISTED = /attribute '([^']+)': \[facet 'enumeration'\] The value '(.*)' is not an element of the set \{(.*)/s

/** Words of a list in another case, or with other hyphens: the schema says which there are. At most 20, as it tells of no more. */
export function oddWords(schemas: ReadonlyMap<string, Schema>, { text, root, parsed }: WellFormed): Patch[] {
  const recognized = recognize(root)
  const schema = recognized.ok ? schemas.get(recognized.schema) : undefined
  if (schema === undefined) return []
  return validateText(text, root, parsed, schema).errors.flatMap(({ message, path }): Patch[] => {
    const [, name, value, set = ''] = NOT_LISTED.exec(message) ?? []
    const { element } = locate(root, path)
    if (name === undefined || value === undefined || element === undefined || name === 'restriction') return []
    const written = writtenAttributes(text, element).find((one) => one.name === name)
    if (written === undefined) return []
    const choices = [...set.matchAll(/'([^']*)'/g)].map(([, choice = '']) => choice)
    const meant = choices.filter((choice) => isRespelled(value, choice))
    if (meant.length === 1) return [withValue('word', written, meant[0] ?? '')]
    // XEP-0268's own example says what was done in a word that RFC 5070 has not
    if (
      element.local !== 'HistoryItem' ||
      name !== 'action' ||
      element.attributes.some((a) => a.local === 'ext-action')
    ) {
      return []
    }
    return [
      withValue('ext-value', written, 'ext-value'),
      withAttribute('ext-value', text, element, `ext-action="${written.value}"`),
    ]
  })
}
