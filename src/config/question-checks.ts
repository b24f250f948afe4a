import { didYouMean } from '../did-you-mean.ts'
import { isQuestion, QUESTIONS } from '../vocabulary.ts'
import { known, type Look } from './look.ts'
import { at, list, record } from './tree.ts'

/** Who may ask, whom, and how answers come back. */
export function checkQuestions(look: Look): void {
  const { peers, topics, routes, topicNames, problem, warning } = look
  const asking = routes.some((route) => at(route, 'ask') !== undefined && at(route, 'match', 'jid') === undefined)
  for (const [i, peer] of peers.entries()) {
    known(look, at(peer, 'query'), topicNames, 'Topic', ['peers', i, 'query'])
    const callback = at(peer, 'callback')
    if ((callback === 'url' || callback === 'plain') && at(peer, 'url') === undefined) {
      problem(['peers', i, 'callback'], `${callback} needs a url to send the answers to`)
    }
    const query = list(at(peer, 'accept')).indexOf('Query')
    const sees = list(at(peer, 'query')).length > 0
    if (query >= 0 && !sees && !asking) {
      const message = 'every Query is denied: the peer has no "query", and no route asks anybody'
      warning(['peers', i, 'accept', query], message)
    }
    if (sees && query < 0) warning(['peers', i, 'query'], 'it may not ask: "accept" does not list Query')
  }
  for (const [i, topic] of topics.entries())
    known(look, at(topic, 'query'), topicNames, 'Topic', ['grid', 'topics', i, 'query'])
  for (const [i, route] of routes.entries()) checkAsk(look, route, i)
}

function checkAsk(look: Look, route: unknown, i: number): void {
  const { peers, peerNames, problem } = look
  const asked = at(route, 'ask')
  if (asked === undefined) {
    const leads = ['topic', 'peers'].some((key) => at(route, key) !== undefined)
    if (!leads && record(route) === route) problem(['routes', i], 'needs topic, ask, or both')
    return
  }
  const types = list(at(route, 'match', 'type'))
  if (types.length > 0 && !types.some((type) => isQuestion(String(type)))) {
    problem(['routes', i, 'ask'], `is for questions, and match.type lists none: ${QUESTIONS.join(', ')}`)
  }
  const requests = types.length === 0 || types.some((type) => type !== 'Query' && isQuestion(String(type)))
  checkHeld(look, list(asked), types, i)
  checkRegion(look, route, i)
  if (requests && list(asked).filter((one) => one !== 'held' && !isTopic(one)).length > 1) {
    const message = 'asks several: only a Query may be asked of more than one (RFC 6545 section 6.1)'
    problem(['routes', i, 'ask'], message)
  }
  const own = String(at(look.tree, 'grid', 'jid')).toLowerCase()
  checkAskedTopics(look, list(asked), i)
  for (const [j, one] of list(asked).entries()) {
    if (typeof one === 'string' && one.toLowerCase().startsWith(`jid:${own}/`)) {
      problem(['routes', i, 'ask', j], "is the gateway's own JID: it would ask itself")
    }
    if (typeof one !== 'string' || !one.startsWith('peer:')) continue
    const name = one.slice('peer:'.length)
    if (!peerNames.includes(name)) {
      problem(['routes', i, 'ask', j], `"${name}" is no peer of this configuration${didYouMean(name, peerNames)}`)
    } else if (peers.every((peer) => at(peer, 'name') !== name || at(peer, 'url') === undefined)) {
      problem(['routes', i, 'ask', j], `peer "${name}" has no url, so it cannot be asked`)
    }
  }
}

/** RFC 6545 §5.1: PolicyRegion is the sender's word on how far a question may go. */
function checkRegion({ note }: Look, route: unknown, i: number): void {
  const asksOn = list(at(route, 'ask')).some((one) => one !== 'archive' && one !== 'held')
  if (!asksOn || at(route, 'match', 'region') !== undefined) return
  const message =
    'goes on to others whatever PolicyRegion its sender gave it (RFC 6545 section 5.1): match.region says how far it may go'
  note(['routes', i, 'ask'], message)
}

function isTopic(one: unknown): boolean {
  return String(one).startsWith('topic:')
}

/** Questions are XEP-0268 elements, which stand on no Topic of bare documents; and a peer's need its right to publish. */
function checkAskedTopics(look: Look, asked: readonly unknown[], i: number): void {
  const { topics, peers, topicNames, problem, warning } = look
  for (const [j, one] of asked.entries()) {
    if (!isTopic(one)) continue
    const name = String(one).slice('topic:'.length)
    const topic = topics.find((candidate) => at(candidate, 'name') === name)
    if (topic === undefined) {
      problem(['routes', i, 'ask', j], `"${name}" is no Topic of this configuration${didYouMean(name, topicNames)}`)
    } else if (at(topic, 'payload') === 'iodef') {
      problem(['routes', i, 'ask', j], `Topic "${name}" has the payload iodef, in which nothing can be asked`)
    }
    for (const peer of peers.filter((candidate) => mayAsk(candidate, look.routes[i]))) {
      if (list(at(peer, 'publish')).includes(name)) continue
      const message = `peer "${String(at(peer, 'name'))}" has nothing asked there: its "publish" does not list "${name}"`
      warning(['routes', i, 'ask', j], message)
    }
  }
}

/** It may send a question, and the route takes it. */
function mayAsk(peer: unknown, route: unknown): boolean {
  const only = at(route, 'match', 'peer')
  const types = at(route, 'match', 'type')
  const asks = list(at(peer, 'accept')).some((type) => {
    return isQuestion(String(type)) && (!Array.isArray(types) || types.includes(type))
  })
  return asks && (!Array.isArray(only) || only.includes(at(peer, 'name')))
}

/** A person decides about requests (RFC 6545 §3.1); a Query is answered by what is known. */
function checkHeld({ problem }: Look, asked: readonly unknown[], types: readonly unknown[], i: number): void {
  const held = asked.indexOf('held')
  if (held < 0) return
  if (types.length === 0 || types.some((type) => type !== 'InvestigationRequest' && type !== 'TraceRequest')) {
    const message =
      'held is for requests: match.type has to list InvestigationRequest, TraceRequest or both, and no other'
    problem(['routes', i, 'ask', held], message)
  }
  const archive = asked.indexOf('archive')
  if (archive >= 0) problem(['routes', i, 'ask', archive], 'the archive answers no request that is held')
}

/** Something is sent to it, or asked of it, besides what Topics show. */
export function isAskedOrAnswered({ routes }: Look, peer: unknown): boolean {
  const asks = list(at(peer, 'accept')).some((type) => isQuestion(String(type)))
  const name = String(at(peer, 'name'))
  return (
    asks ||
    routes.some((route) => list(at(route, 'ask')).includes(`peer:${name}`) || list(at(route, 'peers')).includes(name))
  )
}
