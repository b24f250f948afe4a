import { createHash } from 'node:crypto'
import { NS } from '../xml/namespaces.ts'

const ATTRIBUTE = /\s+([^\s<>="'/]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/g
const START_TAG = /<([^\s<>/!?="']+)((?:\s+[^\s<>="'/]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))+)\s*(\/?)>/g

/** UTF-16 code units up to which spelling is looked at: 8 MB of small elements would hold everybody up for a second */
const LONGEST = 262_144

/**
 * Hex SHA-256 of a payload, the same however its Broker orders and quotes attributes: Prosody writes them in another order at every
 * reading. Only for telling whether it was seen, so that what is more different than that, or very long, is merely read again.
 */
export function digestOf(xml: string): string {
  const ordered =
    xml.length > LONGEST
      ? xml
      : xml.replace(START_TAG, (_, name: string, attributes: string, end: string) => {
          const list = attributesOf(attributes).map(([key, value]) => ` ${key}="${value.replaceAll('"', '&quot;')}"`)
          return `<${name}${list.sort().join('')}${end}>`
        })
  return createHash('sha256').update(ordered).digest('hex')
}

const OURS: ReadonlySet<string> = new Set([NS.iodef2, NS.iodef1, NS.incident])

/** Does the root of a payload that cannot be read say that it is IODEF? */
export function claimsIodef(xml: string): boolean {
  const root = /^\s*<(?:([^\s<>/:]{1,100}):)?[^\s<>/:]+([^<>]{0,10000})/.exec(xml)
  const declared = attributesOf(root?.[2] ?? '')
  const name = root?.[1] === undefined ? 'xmlns' : `xmlns:${root[1]}`
  return declared.some(([key, value]) => key === name && OURS.has(value))
}

function attributesOf(text: string): [name: string, value: string][] {
  return [...text.matchAll(ATTRIBUTE)].map(([, name = '', quoted, single]) => [name, quoted ?? single ?? ''])
}
