import { domainToASCII } from 'node:url'
import type { Element } from '@xmpp/client'
import { GatewayError } from '../../errors.ts'
import { words } from './words.ts'

const NS_STREAMS = 'http://etherx.jabber.org/streams'
/** What is negotiated here, or known not to stand in the way. */
const KNOWN = new Set([
  'urn:ietf:params:xml:ns:xmpp-tls',
  'urn:ietf:params:xml:ns:xmpp-sasl',
  'urn:ietf:params:xml:ns:xmpp-bind',
])

/** Is it the header of an XMPP stream (RFC 6120 §4.7.5, §4.8.1)? Else it will not send features, and waiting for them is vain. */
export function streamFlaw(header: Element): GatewayError | undefined {
  if (!header.is('stream', NS_STREAMS)) return fault('It does not speak XMPP.', 'invalid-namespace')
  if (/^1\.\d{1,5}$/.test(header.attrs.version ?? '')) return undefined
  return fault('It does not speak XMPP 1.0.', 'unsupported-version')
}

/**
 * Inside TLS the header says for whom the other end speaks (RFC 6120 §4.7.1, §13.7.2): nobody else than whom its certificate was
 * looked at for. One that says nothing is that.
 */
export function originFlaw({ attrs: { from } }: Element, domain: string): GatewayError | undefined {
  if (from === undefined || name(from) === name(domain)) return undefined
  return new GatewayError('grid-tls', `It speaks for ${words(from).slice(0, 100)}, not for ${domain}.`)
}

/** RFC 6120 §4.3.2: a feature that must be negotiated, and cannot be here. */
export function featureFlaw(features: Element): GatewayError | undefined {
  const foreign = features
    .getChildElements()
    .find((feature) => feature.getChild('required') !== undefined && !KNOWN.has(feature.getNS() ?? ''))
  if (foreign === undefined) return undefined
  const what = words(`${foreign.getName()} of ${foreign.getNS() ?? ''}`)
  return fault(`It demands a feature that the gateway does not have: ${what}.`, 'unsupported-feature')
}

/** `answer`: the stream error that it is told. */
function fault(detail: string, answer: string): GatewayError {
  return new GatewayError('grid-away', detail, { fields: { answer } })
}

function name(domain: string): string {
  return domainToASCII(domain) || domain.toLowerCase()
}
