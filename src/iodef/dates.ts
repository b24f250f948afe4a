import { NS } from '../xml/names.ts'
import { elements, type XmlElement } from '../xml/tree.ts'

/** Elements of type xs:dateTime in either IODEF version. */
const DATES = new Set(
  `DateTime ReportTime DetectTime StartTime EndTime RecoveryTime GenerationTime DateDomainWasChecked RegistrationDate
  ExpirationDate`.split(/\s+/),
)

/**
 * The text as libxml2 should validate it: white space before an xs:dateTime, legal but refused by it, is moved behind the value.
 * Lines and lengths stay.
 */
export function padDates(text: string, root: XmlElement): string {
  if (!/>[ \t\r\n]+[-+\d]/.test(text)) return text
  const parts: string[] = []
  let done = 0
  const stack = [root]
  for (let element = stack.pop(); element !== undefined; element = stack.pop()) {
    if (DATES.has(element.local) && (element.ns === NS.iodef2 || element.ns === NS.iodef1)) {
      const inner = text.slice(element.start, element.end)
      const match = /^(<[^>]*>)([ \t\r\n]+)([^<]*)(<\/[^>]*>)$/.exec(inner)
      if (match !== null) {
        parts.push(text.slice(done, element.start), match[1] ?? '', match[3] ?? '', match[2] ?? '', match[4] ?? '')
        done = element.end
      }
    } else {
      stack.push(...elements(element).reverse())
    }
  }
  return parts.join('') + text.slice(done)
}
