import { escapeAttribute, escapeText } from '../xml/normal-form.ts'
import { trim } from './trim.ts'

interface LeastIncident {
  readonly purpose: string
  readonly restriction: string
  /** `attributes`: name (RFC 7970 §3.4: REQUIRED), instance and restriction; others are left out. `text` may be empty: no number */
  readonly id: { readonly attributes: Readonly<Record<string, string>>; readonly text: string }
  /** ms since the epoch */
  readonly generated: number
  readonly creator: string
}

/** The least that an Incident can be (RFC 7970 §3.2), in normal form but for its namespace, which is that of what it stands in. */
export function leastIncident({ purpose, restriction, id, generated, creator }: LeastIncident): string {
  const named = ['instance', 'name', 'restriction'].flatMap((key) => {
    const value = id.attributes[key]
    return value === undefined ? [] : [` ${key}="${escapeAttribute(value)}"`]
  })
  return [
    `<Incident purpose="${escapeAttribute(purpose)}" restriction="${escapeAttribute(restriction)}">`,
    `<IncidentID${named.join('')}>${escapeText(trim(id.text).replace(/\s+/g, ' '))}</IncidentID>`,
    `<GenerationTime>${new Date(generated).toISOString()}</GenerationTime>`,
    `<Contact role="creator" type="organization"><ContactName>${escapeText(creator)}</ContactName></Contact>`,
    '</Incident>',
  ].join('')
}
