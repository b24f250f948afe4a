import { text, type XmlElement } from '../xml/tree.ts'
import { type Breach, childrenNamed, hasChild, must, NONE, note, type RuleTable, unset, value } from './rules-kit.ts'
import { trim } from './trim.ts'

/** Rules that tie an element's content to its attributes. */
export const VALUE_RULES: RuleTable = {
  Confidence: [confidence],
  TimeImpact: [positive('§3.12.3')],
  MonetaryImpact: [positive('§3.12.4')],
  SoftwareReference: [customSoftware],
  EmailHeaderField: [headerName('email-header-name', '§3.21'), headerType],
  ApplicationHeaderField: [headerName('application-header-name', '§3.20.2')],
  HashData: [hashTarget, hashTool],
  BulkObservable: [fileHashFormat],
}

/** Correction C11: the schema takes a number, or nothing, under any rating. */
function confidence(element: XmlElement): readonly Breach[] {
  const numeric = value(element, 'rating') === 'numeric'
  if (numeric === (trim(text(element)) !== '')) return NONE
  const wrong = numeric ? 'Confidence with rating "numeric" needs a number.' : 'Only a numeric Confidence has content.'
  return must('confidence-content', '§3.12.5', wrong)
}

/** Correction C13: any REAL by the text; by the published schema only what is above zero. */
function positive(section: string) {
  return (element: XmlElement): readonly Breach[] => {
    if (!(Number(text(element)) <= 0)) return NONE
    return note('impact-not-positive', section, `${element.local} is not above zero; strict peers refuse that.`)
  }
}

function customSoftware(element: XmlElement): readonly Breach[] {
  if (value(element, 'spec-name') !== 'custom' || !unset(element, 'dtype')) return NONE
  return must('software-custom-dtype', '§2.15.1', 'SoftwareReference with spec-name "custom" needs dtype.')
}

function headerName(rule: string, section: string) {
  return (element: XmlElement): readonly Breach[] =>
    unset(element, 'name')
      ? must(rule, section, `${element.local} needs the field's name in its attribute name.`)
      : NONE
}

function headerType(element: XmlElement): readonly Breach[] {
  if (value(element, 'dtype') === 'string') return NONE
  return must('email-header-dtype', '§3.21', 'EmailHeaderField must have dtype "string".')
}

const NEEDS_TARGET: ReadonlySet<string | undefined> = new Set([
  'file-pe-section',
  'file-pe-resource',
  'file-pdf-object',
])

function hashTarget(element: XmlElement): readonly Breach[] {
  const scope = value(element, 'scope')
  if (!NEEDS_TARGET.has(scope) || hasChild(element, 'HashTargetID')) return NONE
  return must('hash-target', '§3.26', `HashData with scope "${scope}" needs HashTargetID.`)
}

function hashTool(element: XmlElement): readonly Breach[] {
  if (value(element, 'scope') !== 'file-pe-iat') return NONE
  const hashes = childrenNamed(element, 'Hash', 'FuzzyHash')
  if (hashes.every((h) => hasChild(h, 'Application'))) return NONE
  return must('hash-application', '§3.26', 'HashData with scope "file-pe-iat" needs Application in each hash.')
}

function fileHashFormat(element: XmlElement): readonly Breach[] {
  if (value(element, 'type') !== 'file-hash') return NONE
  if (childrenNamed(element, 'BulkObservableFormat').some((f) => hasChild(f, 'Hash'))) return NONE
  return must('bulk-file-hash', '§3.29.3.1', 'BulkObservable of type "file-hash" needs BulkObservableFormat with Hash.')
}
