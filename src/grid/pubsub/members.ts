import { xml } from '@xmpp/client'
import { answerError, errorText, type IqAnswer } from '../xmpp/iq.ts'
import { bareOf } from '../xmpp/session.ts'
import { askConfiguration, configurationIn } from './node-configuration.ts'
import { type OwnTopic, setAffiliation, setSubscription } from './owner-requests.ts'
import { owner } from './protocol.ts'
import { affiliationsIn, LIST_SIZE, listed, normalAddress, READS } from './readers.ts'

/** Somebody whom the Broker knows at a Topic (XEP-0060 §4.1, §4.2). */
interface Member {
  /** bare, in the form in which addresses are compared */
  readonly jid: string
  readonly affiliation: string
  /** of each address that is subscribed, or asks to be (§8.8.1): the state */
  readonly subscriptions: readonly { readonly jid: string; readonly state: string }[]
}

export interface Membership {
  readonly access: string | undefined
  readonly members: readonly Member[]
  /** why the subscriptions are not known */
  readonly unlisted: string | undefined
}

/** What the Broker says to the owner of a Topic; or why it says nothing, as a sentence. */
export async function membershipOf({ session, broker, node }: OwnTopic): Promise<Membership | string> {
  const get = (payload: string) => session.request({ to: broker, type: 'get', payload, size: LIST_SIZE })
  const affiliated = await get(owner(xml('affiliations', { node })))
  if (affiliated.kind !== 'result') return said(affiliated)
  const subscribed = await get(owner(xml('subscriptions', { node })))
  const configuration = configurationIn(await askConfiguration(session, broker, node))
  const of = affiliationsIn(affiliated.stanza)
  const found = new Map<string, { jid: string; state: string }[]>()
  for (const { attrs } of subscribed.kind === 'result'
    ? listed(subscribed.stanza, 'subscriptions', 'subscription')
    : []) {
    const { jid = '', subscription: state = 'none' } = attrs
    if (jid === '' || state === 'none') continue
    const who = normalAddress(bareOf(jid))
    found.set(who, [...(found.get(who) ?? []), { jid, state }])
  }
  const everybody = [...new Set([...of.keys(), ...found.keys()])].sort()
  return {
    access: configuration?.['pubsub#access_model']?.[0],
    members: everybody.map((jid) => ({
      jid,
      affiliation: of.get(jid) ?? 'none',
      subscriptions: found.get(jid) ?? [],
    })),
    unlisted: subscribed.kind === 'result' ? undefined : said(subscribed),
  }
}

/**
 * Lets somebody read (XEP-0060 §8.9.2). Undefined, or why it did not come to that: what it looks like afterwards counts, not what the
 * Broker answers.
 */
export async function admit(at: OwnTopic, who: string): Promise<string | undefined> {
  const before = await memberAt(at, who)
  if (typeof before === 'string') return before
  if (READS.has(before.affiliation)) return undefined
  const answer = await setAffiliation(at, who, 'member')
  const after = await memberAt(at, who)
  if (typeof after === 'string') return after
  if (READS.has(after.affiliation)) return undefined
  return refusalIn([answer]) ?? 'The Broker did not take it.'
}

/** Takes affiliation and subscriptions from somebody: at some Brokers either alone goes on to be enough. Undefined, or who still reads. */
export async function dismiss(at: OwnTopic, who: string): Promise<string | undefined> {
  const before = await memberAt(at, who)
  if (typeof before === 'string') return before
  const answers = before.affiliation === 'none' ? [] : [await setAffiliation(at, who, 'none')]
  for (const { jid } of before.subscriptions) answers.push(await setSubscription(at, jid, 'none'))
  const after = await memberAt(at, who)
  if (typeof after === 'string') return after
  if (!READS.has(after.affiliation) && after.subscriptions.length === 0) return undefined
  return refusalIn(answers) ?? 'The Broker does not let go.'
}

/** Answers those who asked to be subscribed, by the address that they asked for (XEP-0060 §8.8.2). Undefined, or why one of them was not. */
export async function answerAddresses(
  at: OwnTopic,
  jids: readonly string[],
  state: 'subscribed' | 'none',
): Promise<string | undefined> {
  const answers: IqAnswer[] = []
  for (const jid of jids) answers.push(await setSubscription(at, jid, state))
  return refusalIn(answers)
}

async function memberAt(at: OwnTopic, who: string): Promise<Member | string> {
  const membership = await membershipOf(at)
  if (typeof membership === 'string') return membership
  const jid = normalAddress(who)
  return membership.members.find((member) => member.jid === jid) ?? { jid, affiliation: 'none', subscriptions: [] }
}

/** What the Broker said no to first. */
function refusalIn(answers: readonly IqAnswer[]): string | undefined {
  for (const answer of answers) if (answer.kind !== 'result') return said(answer)
  return undefined
}

function said(answer: Exclude<IqAnswer, { kind: 'result' }>): string {
  return answer.kind === 'error'
    ? `The Broker says ${errorText(answer.error)}.`
    : answerError(answer, 'The Broker').message
}
