import { contentModel } from '../iodef/content-model.ts'
import { extract } from '../xml/extract.ts'
import { readAlone } from '../xml/foreign-content.ts'
import { normalForm } from '../xml/normal-form.ts'
import { walk, type XmlElement } from '../xml/tree.ts'

/**
 * The very characters of an element of `root`, which is the tree of `text`, so that they mean the same on their own: the same normal
 * form, which is `normal`, and the same types. Undefined where there is no such text.
 */
export function sourceText(text: string, root: XmlElement, element: XmlElement, normal: string): string | undefined {
  const types = typesIn(element)
  return extract(text, root, element, (candidate) => {
    const alone = readAlone(candidate)
    return alone !== undefined && normalForm(alone, contentModel) === normal && typesIn(alone) === types
  })
}

/** The names of all xsi:type in it, with their namespaces, and where other values name something by a prefix that is declared. */
function typesIn(element: XmlElement): string {
  const types: string[] = []
  walk(element, ({ attributes, namesPrefix }) => {
    if (namesPrefix === true) types.push('a name in a value')
    for (const { typeNs, value } of attributes) if (typeNs !== undefined) types.push(`{${typeNs}}${value}`)
    return undefined
  })
  return types.join(' ')
}
