import type { Element } from '@xmpp/client'
import { GatewayError } from '../../errors.ts'

/** What a stream error means (RFC 6120 §4.9.2): `condition` in its fields, and `said`, that with the server's own words. */
export function streamError(element: Element): GatewayError {
  const children = element.getChildElements()
  const condition = (children.find((child) => child.getName() !== 'text')?.getName() ?? 'unknown').slice(0, 60)
  const text = children.find((child) => child.getName() === 'text')?.text() ?? ''
  const words = text
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 200)
  const said = words === '' ? condition : `${condition} (${words})`
  return new GatewayError('grid-away', `Stream error: ${said}.`, { fields: { condition, said } })
}
