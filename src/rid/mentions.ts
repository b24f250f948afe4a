import { attribute, type XmlElement } from '../xml/tree.ts'

/** Elements of an IODEF-Document that RFC 6545 asks for with one MsgType or TrafficType or another, of either IODEF version. */
const NAMES: ReadonlySet<string> = new Set([
  ...['Method', 'Assessment', 'Expectation', 'HistoryItem', 'Confidence'],
  ...['DetectTime', 'StartTime', 'EndTime', 'ReportTime', 'GenerationTime'],
])

/** The name of such an element; of a System with its category. Undefined for any other. */
export function mentionOf(element: XmlElement): string | undefined {
  if (element.local === 'System') return `System ${attribute(element, 'category')?.trim() ?? ''}`.trim()
  return NAMES.has(element.local) ? element.local : undefined
}
