import { type Element, jid, xml } from '@xmpp/client'
import type { TopicConfig } from '../../config/types.ts'
import { answerError, errorText, type IqAnswer } from '../xmpp/iq.ts'
import { bareOf, type Session } from '../xmpp/session.ts'
import { accessOf } from './node-configuration.ts'
import { type OwnTopic, setAffiliation, setSubscription } from './owner-requests.ts'
import { owner, PUBSUB_OWNER } from './protocol.ts'

/** Who may read a Topic that is ours, set right as far as the Broker lets us. */
export type Readers =
  | {
      readonly kind: 'settled'
      readonly added: number
      readonly removed: number
      /** members that the Broker did not take: they miss something, nobody reads who should not */
      readonly problem: string | undefined
    }
  /** somebody may read it who is not to */
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'away'; readonly reason: string }

interface Affiliations {
  /** by normalised bare JID */
  readonly of: ReadonlyMap<string, string>
}

/** who may read a whitelisted Topic (XEP-0060 §4.1, table 1) */
export const READS = new Set(['owner', 'publisher', 'member'])
/** UTF-16 code units of a list of those who may */
export const LIST_SIZE = 8_388_608

/**
 * Gives the members that are configured their affiliation (XEP-0060 §8.9.2), and takes it, with any subscription (§8.8.2), from
 * whoever else may read: at some Brokers either alone goes on to be enough. Looks at what came of it, not at the answers: Prosody
 * 0.12 says `forbidden` to a removal that it does. Never rejects.
 */
export async function settleReaders(session: Session, broker: string, topic: TopicConfig): Promise<Readers> {
  const desk = new Desk(session, broker, topic)
  const before = await desk.affiliations()
  if (!('of' in before)) return before
  const others = desk.foreignOwners(before)
  if (others.length > 0) {
    const reason = `It belongs to ${others.join(', ')} too: list them in \`members\` if they may read it.`
    return { kind: 'refused', reason }
  }
  const missing = desk.missing(before)
  for (const member of missing) await desk.affiliate(member, 'member')
  if (!desk.closed) return desk.verdict(missing, [])
  const extra = new Set(desk.extra(before))
  const subscribers = await desk.strangersAmongSubscribers(before)
  for (const who of extra) {
    await desk.affiliate(who, 'none')
    await desk.unsubscribe(who)
  }
  for (const who of subscribers) await desk.unsubscribe(who)
  return desk.verdict(missing, [...new Set([...extra, ...subscribers.map((who) => normalAddress(bareOf(who)))])])
}

/**
 * Who may read a Topic that is ours and is not to, or the other way round, as a sentence; null where all is as configured, undefined where
 * nobody can say. Changes nothing. Never rejects.
 */
export async function compareReaders(
  session: Session,
  broker: string,
  topic: TopicConfig,
): Promise<string | null | undefined> {
  const desk = new Desk(session, broker, topic)
  const found = await desk.affiliations()
  if (!('of' in found)) return undefined
  const extra = [...desk.foreignOwners(found), ...(desk.closed ? desk.extra(found) : [])]
  const missing = desk.missing(found)
  if (extra.length + missing.length === 0) return null
  const said = [
    extra.length > 0 ? `${some(extra)} may read it and is not in \`members\`` : [],
    missing.length > 0 ? `${some(missing)} is in \`members\` and may not read it` : [],
  ].flat()
  return `${said.join('; ')}. \`topics members mend ${topic.name}\` sets it right.`
}

function some(jids: readonly string[]): string {
  return jids.length <= 5 ? jids.join(', ') : `${jids.slice(0, 5).join(', ')} and ${jids.length - 5} more`
}

class Desk {
  readonly #at: OwnTopic
  readonly #topic: TopicConfig
  /** our own JID is left out: a member is no owner any more */
  readonly #own: string
  readonly #members: ReadonlySet<string>
  /** what the Broker said to what it was asked to set, by JID */
  readonly #refusals = new Map<string, string>()

  constructor(session: Session, broker: string, topic: TopicConfig) {
    this.#at = { session, broker, node: topic.name }
    this.#topic = topic
    this.#own = normalAddress(session.address.bare)
    this.#members = new Set(topic.members.map(normalAddress).filter((member) => member !== this.#own))
  }

  /** Only those who are let in read it. */
  get closed(): boolean {
    const access = accessOf(this.#topic)
    return access === 'whitelist' || access === 'authorize'
  }

  async affiliations(): Promise<Affiliations | Exclude<Readers, { kind: 'settled' }>> {
    const payload = owner(xml('affiliations', { node: this.#topic.name }))
    const answer = await this.#get(payload)
    if (answer.kind === 'error') {
      return { kind: 'refused', reason: `Who may read it cannot be looked at: ${errorText(answer.error)}.` }
    }
    if (answer.kind !== 'result') return { kind: 'away', reason: answerError(answer, 'Its affiliations').message }
    return { of: affiliationsIn(answer.stanza) }
  }

  foreignOwners({ of }: Affiliations): string[] {
    const isForeign = (who: string) => who !== this.#own && !this.#members.has(who)
    return [...of].filter(([who, affiliation]) => affiliation === 'owner' && isForeign(who)).map(([who]) => who)
  }

  missing({ of }: Affiliations): string[] {
    return [...this.#members].filter((member) => !READS.has(of.get(member) ?? ''))
  }

  extra({ of }: Affiliations): string[] {
    // a publisher was made one by hand, which no configuration says: another provider would be cut off
    const reads = [...of].filter(([, affiliation]) => affiliation === 'member')
    return reads.map(([who]) => who).filter((who) => this.#isStranger(who))
  }

  /** JIDs as they are subscribed. A Broker without such a list has nothing to say against the affiliations. */
  async strangersAmongSubscribers({ of }: Affiliations): Promise<string[]> {
    const jids = await this.#subscribers()
    const isStranger = (who: string) => this.#isStranger(who) && of.get(who) !== 'publisher'
    return jids.filter((who) => isStranger(normalAddress(bareOf(who))))
  }

  async affiliate(who: string, affiliation: 'member' | 'none'): Promise<void> {
    this.#note(who, await setAffiliation(this.#at, who, affiliation))
  }

  async unsubscribe(who: string): Promise<void> {
    this.#note(who, await setSubscription(this.#at, who, 'none'))
  }

  /** What it looks like now. */
  async verdict(missing: readonly string[], extra: readonly string[]): Promise<Readers> {
    if (missing.length === 0 && extra.length === 0) {
      return { kind: 'settled', added: 0, removed: 0, problem: undefined }
    }
    const after = await this.affiliations()
    if (!('of' in after)) return after
    const still = [...this.extra(after), ...(extra.length === 0 ? [] : await this.strangersAmongSubscribers(after))]
    if (still[0] !== undefined) {
      const why = this.#refusals.get(still[0])
      const reason = `${still.join(', ')} may read it and is not in \`members\`; the Broker does not let go`
      return { kind: 'refused', reason: why === undefined ? `${reason}.` : `${reason}: ${why}` }
    }
    const unset = this.missing(after)
    const [first] = unset
    const problem = first && `${unset.join(', ')} cannot be made a member: ${this.#refusals.get(first) ?? 'not taken.'}`
    return { kind: 'settled', added: missing.length - unset.length, removed: extra.length, problem }
  }

  #isStranger(who: string): boolean {
    return who !== this.#own && !this.#members.has(who)
  }

  async #subscribers(): Promise<string[]> {
    const answer = await this.#get(owner(xml('subscriptions', { node: this.#topic.name })))
    if (answer.kind !== 'result') return []
    const found = listed(answer.stanza, 'subscriptions', 'subscription').filter(
      ({ attrs }) => attrs.subscription === 'subscribed',
    )
    return [...new Set(found.flatMap(({ attrs }) => attrs.jid ?? []))]
  }

  #get(payload: string): Promise<IqAnswer> {
    return this.#at.session.request({ to: this.#at.broker, type: 'get', payload, size: LIST_SIZE })
  }

  #note(who: string, answer: IqAnswer): void {
    if (answer.kind !== 'result')
      this.#refusals.set(normalAddress(bareOf(who)), answerError(answer, 'The Broker').message)
  }
}

/** By normalised bare JID: what the Broker says to its owner (XEP-0060 §8.9.1). */
export function affiliationsIn(stanza: Element): ReadonlyMap<string, string> {
  const of = new Map<string, string>()
  for (const { attrs } of listed(stanza, 'affiliations', 'affiliation')) {
    if (attrs.jid !== undefined) of.set(normalAddress(attrs.jid), attrs.affiliation ?? 'none')
  }
  return of
}

/** The entries of such a list (XEP-0060 §8.8.1, §8.9.1). */
export function listed(stanza: Element, list: string, entry: string): Element[] {
  return stanza.getChild('pubsub', PUBSUB_OWNER)?.getChild(list)?.getChildren(entry) ?? []
}

/** Two spellings of one address are one (RFC 7622 §3). */
export function normalAddress(address: string): string {
  try {
    return jid(address).bare().toString().toLowerCase()
  } catch {
    return address.toLowerCase()
  }
}
