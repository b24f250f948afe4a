import type { Element } from '@xmpp/client'
import { GatewayError } from '../../errors.ts'
import { inBrackets, nameWords, words } from './words.ts'

/** RFC 6120 §4.4 */
export const END = '</stream:stream>'

/** A stream error of ours (RFC 6120 §4.9.1.1), and the end. */
export function lastWords(condition: string): string {
  return `<stream:error><${condition} xmlns="urn:ietf:params:xml:ns:xmpp-streams"/></stream:error>${END}`
}

/**
 * What a stream error means (RFC 6120 §4.9.2): `condition` in its fields, `said`, that with the server's own words, and `elsewhere`,
 * the address that it sends us to (§4.9.3.19).
 */
export function streamError(element: Element): GatewayError {
  const children = element.getChildElements()
  const defined = children.find((child) => child.getName() !== 'text')
  const condition = nameWords(defined?.getName() ?? 'unknown')
  const address = words(defined?.text() ?? '')
  const text = children.find((child) => child.getName() === 'text')?.text()
  const said = `${condition}${address === '' ? '' : ` ${address}`}${inBrackets(text)}`
  const elsewhere = condition === 'see-other-host' && address !== '' ? { elsewhere: address } : {}
  // RFC 6120 §4.9.3.3: whoever has our address now would be ended by our next login, and we by its next
  if (condition === 'conflict') return conflict(said)
  return new GatewayError('grid-away', `${said}.`, {
    fields: { condition, said, ...elsewhere },
    sentence: 'The Controller ended the stream:',
  })
}

export function conflict(said: string): GatewayError {
  return new GatewayError('grid-conflict', `${said}. Each needs a grid.resource of its own.`, {
    fields: { condition: 'conflict', said },
  })
}
