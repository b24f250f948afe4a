import type { StanzaError } from '../xmpp/iq.ts'
import type { Session } from '../xmpp/session.ts'
import { DISCO_INFO, disco, PUBSUB } from './protocol.ts'

/** XEP-0060 §10: those whose absence makes a difference here. */
const FEATURES = ['publish-options', 'retrieve-items'] as const
type Feature = (typeof FEATURES)[number]

/** ms: a Broker that does not say in time is used as one that does not say at all */
const PATIENCE = 10_000

/** What one Broker can do, as it says itself (XEP-0060 §5.1), and as it turned out. */
export class Features {
  /** undefined: it does not say */
  readonly #listed: ReadonlySet<string> | undefined
  readonly #refused = new Set<string>()

  constructor(listed?: readonly string[]) {
    this.#listed = listed === undefined ? undefined : new Set(listed)
  }

  /** Known not to be there. A Broker that says nothing about itself may have everything. */
  lacks(feature: Feature): boolean {
    if (this.#refused.has(feature)) return true
    return this.#listed !== undefined && !this.#listed.has(feature)
  }

  /** Of those that make a difference. */
  get lacking(): Feature[] {
    return FEATURES.filter((feature) => this.lacks(feature))
  }

  /**
   * Is it a feature that was refused? What says so (`unsupported`, XEP-0060 §7.1.5) is believed from then on, and so is a Broker that
   * never said it had the feature and cannot read the request.
   */
  refusedBy({ feature, condition, application }: StanzaError, asked: Feature): boolean {
    const plain = condition === 'feature-not-implemented' || (condition === 'bad-request' && application === undefined)
    const said = feature === asked || (plain && feature === undefined && !this.#listed?.has(asked))
    if (said) this.#refused.add(asked)
    return said
  }
}

/** Asked once per login. One that does not call itself a publish-subscribe service, or does not answer, says nothing. Never rejects. */
export async function askFeatures(session: Session, broker: string): Promise<Features> {
  const answer = await session.request({ to: broker, type: 'get', payload: disco(DISCO_INFO), timeoutMs: PATIENCE })
  if (answer.kind !== 'result') return new Features()
  const names = (answer.stanza.getChild('query', DISCO_INFO)?.getChildren('feature') ?? []).map(
    ({ attrs }) => attrs.var ?? '',
  )
  const own = names.flatMap((name) => (name.startsWith(`${PUBSUB}#`) ? [name.slice(PUBSUB.length + 1)] : []))
  return own.length === 0 ? new Features() : new Features(own)
}
