import { attribute, type XmlAttribute, type XmlElement } from '../xml/tree.ts'
import { type Breach, hasChild, must, NONE, type RuleTable, value } from './rules-kit.ts'
import { trim } from './trim.ts'

/** Rules about particular enumerated values. */
export const ENUMERATION_RULES: RuleTable = {
  BulkObservable: [fqdn],
  Expectation: [definedCourseOfAction('§3.15')],
  HistoryItem: [definedCourseOfAction('§3.13.1')],
}

/** For every class: ext-NAME is set exactly when NAME is "ext-value" (RFC 7970 §5.1.1). */
export function extensions(element: XmlElement): readonly Breach[] {
  const found: Breach[] = []
  for (const { ns, local, value: raw } of element.attributes) {
    if (ns !== '') continue
    if (local.startsWith('ext-')) {
      const extended = local.slice('ext-'.length)
      if (value(element, extended) === 'ext-value') continue
      const text = `${local} must not be set unless ${extended} is "ext-value".`
      found.push(...must('ext-without-ext-value', '§5.1.1', text))
    } else if (trim(raw) === 'ext-value' && EXTENSIBLE.has(local) && attribute(element, `ext-${local}`) === undefined) {
      found.push(...must('ext-value-without-ext', '§5.1.1', `${local} is "ext-value", so ext-${local} must be set.`))
    }
  }
  return found
}

/** Does that rule look at attributes of that name: at all, or where they say "ext-value"? */
export function isExtension({ ns, local }: Pick<XmlAttribute, 'ns' | 'local'>): 'always' | 'ext-value' | undefined {
  if (ns !== '') return undefined
  if (local.startsWith('ext-')) return 'always'
  return EXTENSIBLE.has(local) ? 'ext-value' : undefined
}

/** Every attribute name that RFC 7970 makes extensible; free text in another attribute may happen to say "ext-value". */
export const EXTENSIBLE: ReadonlySet<string> = new Set([
  'purpose',
  'status',
  'restriction',
  'role',
  'type',
  'registry',
  'source',
  'action',
  'severity',
  'metric',
  'duration',
  'rating',
  'category',
  'ownership',
  'unit',
  'system-status',
  'domain-status',
  'offsetunit',
  'registryaction',
  'scope',
  'operator',
  'spec-name',
  'dtype',
])

/** §7.2's example uses a value that §3.29.3.1 does not list; other tools copied it (correction C07). */
function fqdn(element: XmlElement): readonly Breach[] {
  if (value(element, 'type') !== 'fqdn') return NONE
  return must(
    'bulk-fqdn-unregistered',
    '§3.29.3.1',
    'BulkObservable type "fqdn" is no registered value; use "domain-name".',
  )
}

function definedCourseOfAction(section: string) {
  return (element: XmlElement): readonly Breach[] => {
    if (value(element, 'action') !== 'defined-coa') return NONE
    if (hasChild(element, 'DefinedCOA')) return NONE
    return must(
      'defined-coa',
      section,
      `The action of ${element.local} is "defined-coa", so DefinedCOA must be present.`,
    )
  }
}
