import { type Element, xml } from '@xmpp/client'

const NS = 'jabber:x:data'

/** A data form to submit (XEP-0004 §3.3, XEP-0068). */
export function submitForm(formType: string, fields: Readonly<Record<string, string>>): Element {
  const field = (name: string, value: string, type?: string) =>
    xml('field', { var: name, type }, xml('value', {}, value))
  return xml(
    'x',
    { xmlns: NS, type: 'submit' },
    field('FORM_TYPE', formType, 'hidden'),
    ...Object.entries(fields).map(([name, value]) => field(name, value)),
  )
}

/** The values of a form below `parent`, by field name; empty without one, or where it is not of `formType`. */
export function readForm(parent: Element | undefined, formType?: string): Record<string, string[]> {
  const values: Record<string, string[]> = {}
  const type = parent
    ?.getChild('x', NS)
    ?.getChildren('field')
    .find((field) => field.attrs.var === 'FORM_TYPE')
  if (formType !== undefined && type?.getChildText('value') !== formType) return values
  for (const field of parent?.getChild('x', NS)?.getChildren('field') ?? []) {
    const name = field.attrs.var
    if (name === undefined || name === 'FORM_TYPE') continue
    values[name] = field.getChildren('value').map((value) => value.text())
  }
  return values
}
