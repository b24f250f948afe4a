import type { Element } from '@xmpp/client'
import type { IqAnswer } from '../../src/grid/xmpp/iq.ts'
import { openSession } from '../../src/grid/xmpp/session.ts'
import type { Broker } from './brokers.ts'
import { gridConfig } from './grid-config.ts'

const PUBSUB = 'http://jabber.org/protocol/pubsub'

/** An account at a Broker that asks what it likes. */
export interface BrokerUser extends AsyncDisposable {
  readonly jid: string
  /** messages it got */
  readonly heard: Element[]
  ask(type: 'get' | 'set', payload: string): Promise<IqAnswer>
  /** The result of a request that must work, as XML. */
  must(type: 'get' | 'set', payload: string): Promise<string>
  create(node: string, fields?: Readonly<Record<string, string>>): Promise<string>
  configure(node: string, fields: Readonly<Record<string, string>>): Promise<string>
  affiliate(node: string, jid: string, affiliation: string): Promise<IqAnswer>
  delete(node: string): Promise<string>
  subscribe(node: string): Promise<IqAnswer>
}

export async function brokerUser(broker: Broker, user: string, password = `${user}-secret`): Promise<BrokerUser> {
  const heard: Element[] = []
  const config = gridConfig(broker, {
    jid: `${user}@${broker.domain}`,
    auth: { kind: 'password', readPassword: () => password, allowPlain: false },
  })
  const options = { config, onMessage: (message: Element) => void heard.push(message), onDropped: () => {} }
  const session = await openSession(options, AbortSignal.timeout(30_000))
  const ask: BrokerUser['ask'] = (type, payload) => session.request({ to: broker.broker, type, payload })
  const must: BrokerUser['must'] = async (type, payload) => {
    const answer = await ask(type, payload)
    if (answer.kind !== 'result') throw new Error(`${payload}: ${JSON.stringify(answer)}`)
    return answer.stanza.toString()
  }
  return {
    jid: config.jid,
    heard,
    ask,
    must,
    create: (node, fields = {}) =>
      must('set', pubsub(`<create node="${node}"/><configure>${form(fields)}</configure>`)),
    configure: (node, fields) => must('set', owner(`<configure node="${node}">${form(fields)}</configure>`)),
    affiliate: (node, jid, affiliation) => {
      const entry = `<affiliation jid="${jid}" affiliation="${affiliation}"/>`
      return ask('set', owner(`<affiliations node="${node}">${entry}</affiliations>`))
    },
    delete: (node) => must('set', owner(`<delete node="${node}"/>`)),
    subscribe: (node) => ask('set', pubsub(`<subscribe node="${node}" jid="${config.jid}"/>`)),
    [Symbol.asyncDispose]: () => session.close(),
  }
}

export function owner(content: string): string {
  return `<pubsub xmlns="${PUBSUB}#owner">${content}</pubsub>`
}

export function pubsub(content: string): string {
  return `<pubsub xmlns="${PUBSUB}">${content}</pubsub>`
}

function form(fields: Readonly<Record<string, string>>): string {
  const type = `<field var="FORM_TYPE" type="hidden"><value>${PUBSUB}#node_config</value></field>`
  const entries = Object.entries(fields).map(
    ([name, value]) => `<field var="pubsub#${name}"><value>${value}</value></field>`,
  )
  return `<x xmlns="jabber:x:data" type="submit">${type}${entries.join('')}</x>`
}
