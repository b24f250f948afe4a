import { contentModel } from '../iodef/content-model.ts'
import { leastIncident } from '../iodef/least-incident.ts'
import { joinDocument, PLAIN_SHELL } from '../profile/shell.ts'
import type { Schema } from '../xml/libxml.ts'
import { NS } from '../xml/namespaces.ts'
import { normalForm } from '../xml/normal-form.ts'
import type { XmlElement } from '../xml/tree.ts'
import { readText } from './read-text.ts'

type Schemas = ReadonlyMap<string, Schema>

/** Characters of a shell that is remembered, and how many are. */
const LONGEST = 1_000
const MOST = 256

/** By shell, whether it makes a valid document: a publisher has one and the same for all its reports. */
const seen = new WeakMap<Schemas, Map<string, boolean>>()

const LEAST = leastIncident({
  purpose: 'other',
  restriction: 'public',
  id: { attributes: { name: 'a.example' }, text: '1' },
  generated: 0,
  creator: 'a',
})

/**
 * The shell of an item in normal form, where it is nothing but an IODEF-Document's start tag with attributes that every reader gets as they
 * are, and valid around any Incident; undefined for another.
 */
export function plainShell(schemas: Schemas, shell: XmlElement | null): string | undefined {
  if (shell === null) return PLAIN_SHELL
  const isPlain = shell.children.length === 0 && shell.attributes.every(({ ns }) => ns === '' || ns === NS.xml)
  const written = isPlain ? normalForm(shell, contentModel) : ''
  // a reference to a control: what Brokers change
  if (!isPlain || written.length > LONGEST || written.includes('&#x')) return undefined
  const known = seen.get(schemas) ?? new Map<string, boolean>()
  seen.set(schemas, known)
  let valid = known.get(written)
  if (valid === undefined) {
    valid = readText(schemas, joinDocument(written, [LEAST]), {}).valid
    if (known.size >= MOST) known.clear()
    known.set(written, valid)
  }
  return valid ? written : undefined
}
