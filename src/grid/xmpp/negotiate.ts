import { type Element, xml } from '@xmpp/client'
import type { LoginConfig } from '../../config/types.ts'
import { GatewayError, messageOf } from '../../errors.ts'
import { type Mechanism, SaslError } from '../sasl/mechanism.ts'
import { selectMechanism } from '../sasl/select.ts'
import { featureFlaw, originFlaw } from './header.ts'
import type { GridSocket } from './socket.ts'
import { tlsOptions } from './tls.ts'
import { inBrackets, nameWords } from './words.ts'

const NS_TLS = 'urn:ietf:params:xml:ns:xmpp-tls'
const NS_SASL = 'urn:ietf:params:xml:ns:xmpp-sasl'
const NS_BINDINGS = 'urn:xmpp:sasl-cb:0'

/** What negotiation needs of the stream. */
interface Line {
  readonly socket: GridSocket
  send(element: Element): Promise<void>
  /** The next element that is no stanza. Rejects when the line breaks. */
  next(): Promise<Element>
  /** that the other end began its stream with */
  header(): Element
  /** Elements that came and were not asked for. */
  unread(): number
  /** Begins a new stream on the same socket (RFC 6120 §4.3.3). */
  restart(): Promise<void>
}

/**
 * TLS and SASL, in this order and both always (RFC 6120 §5, §6). Returns the features of the stream that may bind, and by which mechanism it logged in. Only these
 * two features are looked at: SASL 2, FAST and whatever else a Controller offers is not taken up. Throws GatewayError
 * 'grid-tls', 'grid-auth' or 'grid-away'.
 */
export async function negotiate(line: Line, config: LoginConfig, address: { local: string; domain: string }) {
  let features = await nextFeatures(line, address.domain)
  if (!line.socket.secure) {
    await startTls(line, config, address.domain, features)
    features = await nextFeatures(line, address.domain)
  }
  const mechanism = await authenticate(line, config, address, features)
  await line.restart()
  return { features: await nextFeatures(line, address.domain), mechanism }
}

async function nextFeatures(line: Line, domain: string): Promise<Element> {
  const element = await line.next()
  if (!element.is('features', 'http://etherx.jabber.org/streams')) {
    throw new GatewayError('grid-away', 'It sent something else than stream features.')
  }
  // what was said in the clear may be anybody's
  const flaw = line.socket.secure ? (originFlaw(line.header(), domain) ?? featureFlaw(element)) : undefined
  if (flaw) throw flaw
  return element
}

async function startTls(line: Line, config: LoginConfig, domain: string, features: Element): Promise<void> {
  // Not offered, or stripped on the way (RFC 6120 §13.9.1): it is asked for all the same (RFC 7590 §3.1), and nothing else is said.
  const offered = features.getChild('starttls', NS_TLS) !== undefined
  await line.send(xml('starttls', { xmlns: NS_TLS }))
  const answer = await line.next().catch((error: unknown) => {
    throw offered ? error : new GatewayError('grid-tls', 'It offers no STARTTLS.', { cause: error })
  })
  if (!answer.is('proceed', NS_TLS)) {
    throw new GatewayError('grid-tls', offered ? 'It refused STARTTLS.' : 'It offers no STARTTLS.')
  }
  // What stands behind <proceed/> in the clear was put there by somebody (RFC 6120 §5.4.3.3).
  if (line.unread() > 0) throw new GatewayError('grid-tls', 'Something was said in the clear behind STARTTLS.')
  await line.socket.upgrade(tlsOptions(config.tls, domain, false))
  await line.restart()
}

async function authenticate(line: Line, config: LoginConfig, address: { local: string }, features: Element) {
  const tls = line.socket.tls
  // belt and braces: no secret leaves outside of TLS
  if (!tls) throw new GatewayError('grid-tls', 'No login without TLS.')
  const bindings = features.getChild('sasl-channel-binding', NS_BINDINGS)
  const offer = {
    mechanisms:
      features
        .getChild('mechanisms', NS_SASL)
        ?.getChildren('mechanism')
        .map((m) => m.text()) ?? [],
    bindings: bindings?.getChildren('channel-binding').map((b) => b.attrs.type ?? ''),
  }
  const mechanism = selectMechanism(config.auth, address, offer, tls)
  try {
    await exchange(line, mechanism)
  } catch (error) {
    if (!(error instanceof SaslError)) throw error
    throw new GatewayError('grid-auth', `${mechanism.name}: ${messageOf(error)}`, { cause: error })
  }
  return mechanism.name
}

async function exchange(line: Line, mechanism: Mechanism): Promise<void> {
  const first = mechanism.start()
  await line.send(xml('auth', { xmlns: NS_SASL, mechanism: mechanism.name }, encode(first)))
  // SCRAM needs two steps; a server that goes on asking is not talking SCRAM
  for (let step = 0; step < 4; step += 1) {
    const element = await line.next()
    if (element.getNS() !== NS_SASL) throw new SaslError('The exchange was broken off.')
    const text = element.text()
    if (element.getName() === 'challenge') {
      const answer = await mechanism.challenge(decode(text) ?? '')
      await line.send(xml('response', { xmlns: NS_SASL }, Buffer.from(answer).toString('base64')))
    } else if (element.getName() === 'success') {
      mechanism.success(decode(text))
      return
    } else throw refusal(mechanism, element)
  }
  throw new SaslError('The exchange does not end.')
}

/** RFC 6120 §6.5 */
function refusal(mechanism: Mechanism, failure: Element): GatewayError {
  const condition =
    failure
      .getChildElements()
      .find((child) => child.getName() !== 'text')
      ?.getName() ?? 'no reason'
  const detail = `${mechanism.name}: ${nameWords(condition)}${inBrackets(failure.getChildText('text'))}.`
  const temporary = condition === 'temporary-auth-failure' || condition === 'aborted'
  return new GatewayError(temporary ? 'grid-away' : 'grid-auth', detail, { fields: { condition } })
}

function encode(data: string): string {
  return data === '' ? '=' : Buffer.from(data).toString('base64')
}

/** RFC 6120 §6.4.6: `=` is data of length zero, an empty element is no data. */
function decode(text: string): string | undefined {
  if (text === '') return undefined
  if (text === '=') return ''
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) throw new SaslError('The data is not base64.')
  return Buffer.from(text, 'base64').toString('utf8')
}
