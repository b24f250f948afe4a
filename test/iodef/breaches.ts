import type { RuleContext, RuleTable } from '../../src/iodef/rules-kit.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const NOTHING: RuleContext = { observableIds: new Set(), indicatorIds: new Set() }

/** What the rules of a table say of one element, an IODEF 2 one: `contact-empty MUST §3.9: sentence`, or `... note ...`. */
export function breaches(table: RuleTable, xml: string, context: Partial<RuleContext> = {}): string[] {
  const element = scan(xml.replace(/^<([\w-]+)/, `<$1 xmlns="${NS.iodef2}"`))
  const found = (table[element.local] ?? []).flatMap((rule) => rule(element, { ...NOTHING, ...context }))
  return found.map(({ rule, must, section, text }) => `${rule} ${must ? 'MUST' : 'note'} ${section}: ${text}`)
}
