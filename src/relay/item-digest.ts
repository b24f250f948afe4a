import { createHash } from 'node:crypto'
import { attributesOf } from '../xml/attributes.ts'

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
