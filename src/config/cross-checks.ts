import { didYouMean } from '../did-you-mean.ts'
import { isLoopback, overlap } from './address-overlap.ts'
import { checkAnonymous } from './anonymous-checks.ts'
import { checkBasic } from './basic-checks.ts'
import { dns, fingerprint, LISTENS, line, size, user, port as wholePort } from './fields.ts'
import { checkProxies } from './front-checks.ts'
import { known, type Look } from './look.ts'
import { checkParticipants } from './participant-checks.ts'
import type { Finding, Path } from './problems.ts'
import { checkQuestions, isAskedOrAnswered } from './question-checks.ts'
import { at, list, record } from './tree.ts'
import { checkUploads } from './upload-checks.ts'

/**
 * What no single value shows: names that must be unique, or known; what will never happen. It reads the tree as written, not
 * the checked model, so that these problems are reported together with those of single values.
 */
export function crossCheck(tree: unknown): { problems: Finding[]; warnings: Finding[]; notes: Finding[] } {
  const problems: Finding[] = []
  const warnings: Finding[] = []
  const notes: Finding[] = []
  const peers = list(at(tree, 'peers'))
  const topics = list(at(tree, 'grid', 'topics'))
  const look: Look = {
    tree,
    peers,
    topics,
    routes: list(at(tree, 'routes')),
    peerNames: names(peers),
    topicNames: names(topics),
    problem: (path, message) => void problems.push({ path, message }),
    warning: (path, message) => void warnings.push({ path, message }),
    note: (path, message) => void notes.push({ path, message }),
  }
  checkUnique(look)
  checkPorts(look)
  checkOps(look)
  checkSizes(look)
  checkLogin(look)
  checkPeers(look)
  checkRoutes(look)
  checkQuestions(look)
  checkParticipants(look)
  checkTopics(look)
  checkVersions(look)
  checkAccess(look)
  checkUploads(look)
  checkProxies(look)
  checkBasic(look)
  checkAnonymous(look)
  return { problems, warnings, notes }
}

function checkUnique({ peers, topics, problem }: Look): void {
  const unique = (items: readonly unknown[], root: Path, tail: readonly string[], key: (value: unknown) => unknown) => {
    const first = new Map<string, number>()
    for (const [i, item] of items.entries()) {
      const value = key(at(item, ...tail))
      if (typeof value !== 'string') continue
      const before = first.get(value)
      if (before === undefined) first.set(value, i)
      else problem([...root, i, ...tail], `is the same as in ${root.join('.')}[${before}]: each needs one of its own`)
    }
  }
  unique(peers, ['peers'], ['name'], (value) => value)
  unique(topics, ['grid', 'topics'], ['name'], (value) => value)
  unique(peers, ['peers'], ['identity', 'dns'], canonicalName)
  unique(peers, ['peers'], ['identity', 'fingerprint'], (value) => fingerprint.safeParse(value).data)
  unique(peers, ['peers'], ['identity', 'basic', 'user'], (value) => user.safeParse(value).data)
}

/** What is wrong by itself is left to the model. */
function checkPorts({ tree, problem, warning }: Look): void {
  const listens = (part: 'rid' | 'ops', { host, port }: { host: string; port: number }) => ({
    host: line.safeParse(at(tree, part, 'host') ?? host).data,
    port: wholePort.safeParse(at(tree, part, 'port') ?? port).data,
  })
  const rid = listens('rid', LISTENS.rid)
  const ops = listens('ops', LISTENS.ops)
  if (rid.port === 443) {
    warning(['rid', 'port'], 'is that of HTTPS, which RID should not use (RFC 6546 section 3): its own is 4590')
  }
  // 0: any port that is free
  if (rid.host === undefined || ops.host === undefined || !rid.port || rid.port !== ops.port) return
  if (!overlap(rid.host, ops.host)) return
  problem(
    ['ops', 'port'],
    `is that of rid.port, too, and the addresses overlap: ${rid.host} and ${ops.host}. Give one of them another`,
  )
}

/** Without a token whoever reaches the page may read it. */
function checkOps({ tree, warning }: Look): void {
  const host = line.safeParse(at(tree, 'ops', 'host') ?? LISTENS.ops.host).data
  if (host === undefined || isLoopback(host) || at(tree, 'ops', 'token') !== undefined) return
  warning(
    ['ops', 'host'],
    `is ${host}: without ops.token, whoever reaches it reads the queue and the trace. Give it a token, or listen on 127.0.0.1`,
  )
}

/** bytes: a RID message with a small report is 2 to 4 KiB long */
const LEAST_MESSAGE = 16_384
/** bytes: Prosody's longest stanza from a client, as it comes; ejabberd takes payloads of 250,000 */
const MOST_STANZA = 262_144

function checkSizes({ tree, warning }: Look): void {
  const bytes = (...path: string[]) => size.safeParse(at(tree, ...path)).data
  if ((bytes('rid', 'maxMessage') ?? LEAST_MESSAGE) < LEAST_MESSAGE) {
    const message = 'is less than most reports are long: they are answered 413. Without it, it is 1MiB'
    warning(['rid', 'maxMessage'], message)
  }
  if ((bytes('grid', 'maxItem') ?? 0) <= MOST_STANZA) return
  warning(
    ['grid', 'maxItem'],
    'is more than Brokers take as they come (Prosody: stanzas of 256 KiB, ejabberd: payloads of 250 KB), and one that is too large ends the session: raise it there first; check --online tries it',
  )
}

function checkLogin({ tree, problem }: Look): void {
  const has = (...path: string[]) => at(tree, 'grid', ...path) !== undefined
  if (has('tls', 'cert') && !has('tls', 'key')) problem(['grid', 'tls', 'key'], 'is required with cert')
  if (has('tls', 'key') && !has('tls', 'cert')) problem(['grid', 'tls', 'cert'], 'is required with key')
  else if (at(tree, 'grid', 'auth', 'external') === true && !has('tls', 'cert')) {
    problem(['grid', 'tls', 'cert'], 'is required: auth.external logs in by a certificate')
  }
}

function checkPeers(look: Look): void {
  const { peers, topicNames, warning } = look
  if (peers.length === 0)
    warning(['peers'], 'there are none: nobody can send or receive. Add the first as - { name, identity, publish }')
  for (const [i, peer] of peers.entries()) {
    for (const key of ['publish', 'topics']) known(look, at(peer, key), topicNames, 'Topic', ['peers', i, key])
    checkTested(look, peer, i)
    checkSending(look, peer, i)
    checkPublishing(look, peer, i)
  }
}

function checkTested({ note }: Look, peer: unknown, i: number): void {
  if (![true, 'true'].includes(at(peer, 'test') as string)) return
  const sent = list(at(peer, 'topics')).length > 0 ? '; what is in topics is sent to it all the same' : ''
  note(['peers', i, 'test'], `is true: nothing this peer sends is published, or asked of anybody${sent}`)
}

function checkSending(look: Look, peer: unknown, i: number): void {
  const { warning } = look
  const sent = list(at(peer, 'topics')).length > 0
  const url = at(peer, 'url') !== undefined
  const remedy = 'give it one, as https://csirt.example:4590/'
  if (sent && !url) warning(['peers', i, 'topics'], `nothing is sent to a peer without url: ${remedy}`)
  if (!sent && url && !isAskedOrAnswered(look, peer))
    warning(['peers', i, 'url'], 'nothing is sent to a peer without topics')
}

function checkPublishing({ routes, topicNames, warning }: Look, peer: unknown, i: number): void {
  if (publishesNowhere(peer) && list(at(peer, 'topics')).length === 0) {
    const message = 'lists no Topic: everything this peer sends is denied. List those its reports may reach'
    warning(['peers', i, 'publish'], message)
  }
  for (const [j, topic] of list(at(peer, 'publish')).entries()) {
    const led = routes.some((route) => at(route, 'topic') === topic && admits(route, at(peer, 'name')))
    if (led || !topicNames.includes(String(topic))) continue
    warning(['peers', i, 'publish', j], `no route leads this peer to "${String(topic)}"`)
  }
}

/** It is there to send, and none of what it sends may reach a Topic. */
function publishesNowhere(peer: unknown): boolean {
  const reaches = list(at(peer, 'publish')).length + list(at(peer, 'query')).length > 0
  return at(peer, 'url') === undefined && !reaches
}

const PURPOSES = ['traceback', 'mitigation', 'reporting', 'watch', 'other', 'ext-value']

/** What a route takes from a peer may reach its Topic. */
function checkRoutedPeers({ peers, warning }: Look, route: unknown, i: number): void {
  const topic = at(route, 'topic')
  for (const [j, name] of list(at(route, 'match', 'peer')).entries()) {
    const peer = peers.find((candidate) => at(candidate, 'name') === name)
    // that of a peer that may publish nowhere is told at the peer
    if (peer === undefined || publishesNowhere(peer)) continue
    if (list(at(peer, 'publish')).includes(topic)) continue
    const message = `its reports are denied: publish of peer "${String(name)}" does not list "${String(topic)}"`
    warning(['routes', i, 'match', 'peer', j], message)
  }
}

function checkRoutes(look: Look): void {
  const { routes, peerNames, topicNames, warning } = look
  const takesAll = routes.findIndex((route) => {
    return at(route, 'ask') === undefined && Object.keys(record(at(route, 'match'))).length === 0
  })
  for (const [i, route] of routes.entries()) {
    const topic = at(route, 'topic')
    if (topic !== undefined) known(look, [topic], topicNames, 'Topic', ['routes', i, 'topic'], false)
    known(look, at(route, 'match', 'peer'), peerNames, 'peer', ['routes', i, 'match', 'peer'])
    for (const [j, purpose] of list(at(route, 'match', 'purpose')).entries()) {
      if (typeof purpose !== 'string' || PURPOSES.includes(purpose)) continue
      const message = `"${purpose}" is no purpose of RFC 7970 section 3.2${didYouMean(purpose, PURPOSES)}`
      warning(['routes', i, 'match', 'purpose', j], message)
    }
    if (topic !== undefined) checkRoutedPeers(look, route, i)
    // for questions only those with `ask` are gone through
    if (takesAll >= 0 && i > takesAll && topic !== undefined && at(route, 'match', 'jid') === undefined) {
      warning(['routes', i], `is never reached: routes[${takesAll}] matches everything. Put this one before it`)
    }
  }
}

/** XEP-0060 §4.5: presence and roster are about the owner's contacts. */
function checkAccess({ topics, problem }: Look): void {
  for (const [i, topic] of topics.entries()) {
    const access = at(topic, 'access')
    if (![true, 'true'].includes(at(topic, 'create') as string) || (access !== 'presence' && access !== 'roster'))
      continue
    problem(
      ['grid', 'topics', i, 'access'],
      `${access} lets nobody in: the gateway has no contacts. Use whitelist or authorize, with members, or open`,
    )
  }
}

/** A Topic of IODEF 1 is one of XEP-0268, which has no other. */
function checkVersions({ topics, problem }: Look): void {
  for (const [i, topic] of topics.entries()) {
    if (String(at(topic, 'iodef')) !== '1' || at(topic, 'payload') !== 'iodef') continue
    problem(['grid', 'topics', i, 'iodef'], 'is 1: that needs payload: xep-0268')
  }
}

function checkTopics({ tree, topics, routes, peers, warning }: Look): void {
  if (topics.length === 0) warning(['grid', 'topics'], 'there are none: nothing is forwarded')
  for (const [i, topic] of topics.entries()) {
    const name = at(topic, 'name')
    const used =
      routes.some((route) => at(route, 'topic') === name || list(at(route, 'ask')).includes(`topic:${String(name)}`)) ||
      topics.some((other) => list(at(other, 'query')).includes(name)) ||
      peers.some((peer) => list(at(peer, 'topics')).includes(name) || list(at(peer, 'query')).includes(name)) ||
      list(at(tree, 'grid', 'participants')).some((participant) => list(at(participant, 'query')).includes(name))
    if (typeof name === 'string' && !used) {
      warning(['grid', 'topics', i, 'name'], `no route leads to "${name}", and no peer is sent what it carries`)
    }
  }
}

/** Whether a route's `match.peer` lets the peer pass. */
function admits(route: unknown, peer: unknown): boolean {
  const only = at(route, 'match', 'peer')
  if (at(route, 'match', 'jid') !== undefined) return false
  return !Array.isArray(only) || only.includes(peer)
}

function names(items: readonly unknown[]): string[] {
  return items.map((item) => at(item, 'name')).filter((name) => typeof name === 'string')
}

function canonicalName(value: unknown): unknown {
  const name = dns.safeParse(value).data ?? value
  return typeof name === 'string' ? name.toLowerCase().replace(/\.$/, '') : undefined
}
