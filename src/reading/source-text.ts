import { contentModel } from '../iodef/content-model.ts'
import { extract } from '../xml/extract.ts'
import { parseText, type Schema, validate } from '../xml/libxml.ts'
import { normalForm } from '../xml/normal-form.ts'
import { scan } from '../xml/parse-tree.ts'
import type { XmlElement } from '../xml/tree.ts'

/**
 * The very characters of an element of `root`, which is the tree of `text`, so that they mean the same on their own (`normal`, its
 * normal form) and are valid by `schema` where there is one; undefined where there is no such text.
 */
export function sourceText(
  text: string,
  root: XmlElement,
  element: XmlElement,
  normal: string,
  schema?: Schema,
): string | undefined {
  return extract(text, root, element, (candidate) => {
    const parsed = parseText(candidate)
    if (!parsed.ok) return false
    const valid = schema === undefined || validate(parsed.document, schema).total === 0
    parsed.document.dispose()
    return valid && normalForm(scan(candidate), contentModel) === normal
  })
}
