import { contentModel } from '../iodef/content-model.ts'
import { extract } from '../xml/extract.ts'
import { readAlone } from '../xml/foreign-content.ts'
import type { Schema } from '../xml/libxml.ts'
import { normalForm } from '../xml/normal-form.ts'
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
    const alone = readAlone(candidate, schema)
    return alone !== undefined && normalForm(alone, contentModel) === normal
  })
}
