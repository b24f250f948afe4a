import { fingerprint } from './fields.ts'
import { didYouMean } from './nearest.ts'
import type { Finding, Path } from './problems.ts'
import { at, list, record } from './tree.ts'

/**
 * What no single value shows: names that must be unique, or known. It reads the tree as written, not the checked model, so
 * that these problems are reported together with those of single values.
 */
export function crossCheck(tree: unknown): { problems: Finding[]; warnings: Finding[] } {
  const problems: Finding[] = []
  const warnings: Finding[] = []
  const peers = list(at(tree, 'peers'))
  const topics = list(at(tree, 'grid', 'topics'))
  const routes = list(at(tree, 'routes'))
  const peerNames = names(peers)
  const topicNames = names(topics)

  unique(peers, (peer) => at(peer, 'name'), ['peers'], ['name'], problems)
  unique(topics, (topic) => at(topic, 'name'), ['grid', 'topics'], ['name'], problems)
  unique(peers, (peer) => lower(at(peer, 'identity', 'dns')), ['peers'], ['identity', 'dns'], problems)
  unique(peers, (peer) => hex(at(peer, 'identity', 'fingerprint')), ['peers'], ['identity', 'fingerprint'], problems)

  const known = (value: unknown, candidates: readonly string[], what: string, path: Path) => {
    if (typeof value !== 'string' || candidates.includes(value)) return
    problems.push({ path, message: `"${value}" is no ${what} of this configuration${didYouMean(value, candidates)}` })
  }
  const allKnown = (value: unknown, candidates: readonly string[], what: string, path: Path) => {
    for (const [i, entry] of list(value).entries()) known(entry, candidates, what, [...path, i])
  }
  for (const [i, peer] of peers.entries()) {
    allKnown(at(peer, 'publish'), topicNames, 'Topic', ['peers', i, 'publish'])
    allKnown(at(peer, 'topics'), topicNames, 'Topic', ['peers', i, 'topics'])
    if (list(at(peer, 'topics')).length > 0 && at(peer, 'url') === undefined) {
      warnings.push({ path: ['peers', i, 'topics'], message: 'nothing is sent to a peer without url' })
    }
    if (list(at(peer, 'topics')).length === 0 && at(peer, 'url') !== undefined) {
      warnings.push({ path: ['peers', i, 'url'], message: 'nothing is sent to a peer without topics' })
    }
  }
  for (const [i, route] of routes.entries()) {
    known(at(route, 'topic'), topicNames, 'Topic', ['routes', i, 'topic'])
    allKnown(at(route, 'match', 'peer'), peerNames, 'peer', ['routes', i, 'match', 'peer'])
    for (const [j, purpose] of list(at(route, 'match', 'purpose')).entries()) {
      if (typeof purpose !== 'string' || PURPOSES.includes(purpose)) continue
      const message = `"${purpose}" is no purpose of RFC 7970 section 3.2${didYouMean(purpose, PURPOSES)}`
      warnings.push({ path: ['routes', i, 'match', 'purpose', j], message })
    }
    const earlier = routes.slice(0, i).findIndex((other) => Object.keys(record(at(other, 'match'))).length === 0)
    if (earlier >= 0) {
      warnings.push({ path: ['routes', i], message: `is never reached: routes[${earlier}] matches everything` })
    }
  }
  for (const [i, peer] of peers.entries()) {
    for (const [j, name] of list(at(peer, 'publish')).entries()) {
      if (routes.some((route) => at(route, 'topic') === name && mayMatch(route, at(peer, 'name')))) continue
      const message = `no route leads this peer to "${String(name)}"`
      if (topicNames.includes(String(name))) warnings.push({ path: ['peers', i, 'publish', j], message })
    }
  }
  if (peers.length === 0) warnings.push({ path: ['peers'], message: 'there are none: nobody can send or receive' })
  if (topics.length === 0) warnings.push({ path: ['grid', 'topics'], message: 'there are none: nothing is forwarded' })
  if (at(tree, 'grid', 'tls', 'cert') !== undefined && at(tree, 'grid', 'tls', 'key') === undefined) {
    problems.push({ path: ['grid', 'tls', 'key'], message: 'is required with cert' })
  }
  if (at(tree, 'grid', 'tls', 'key') !== undefined && at(tree, 'grid', 'tls', 'cert') === undefined) {
    problems.push({ path: ['grid', 'tls', 'cert'], message: 'is required with key' })
  }
  if (at(tree, 'grid', 'auth', 'external') === true && at(tree, 'grid', 'tls', 'cert') === undefined) {
    problems.push({ path: ['grid', 'tls', 'cert'], message: 'is required: auth.external logs in by a certificate' })
  }
  return { problems, warnings }
}

const PURPOSES = ['traceback', 'mitigation', 'reporting', 'watch', 'other', 'ext-value']

function unique(
  items: readonly unknown[],
  key: (item: unknown) => unknown,
  root: Path,
  tail: Path,
  problems: Finding[],
) {
  const first = new Map<string, number>()
  for (const [i, item] of items.entries()) {
    const value = key(item)
    if (typeof value !== 'string') continue
    const before = first.get(value)
    if (before === undefined) first.set(value, i)
    else problems.push({ path: [...root, i, ...tail], message: `is the same as in ${root.join('.')}[${before}]` })
  }
}

function mayMatch(route: unknown, peer: unknown): boolean {
  const only = at(route, 'match', 'peer')
  return !Array.isArray(only) || only.includes(peer)
}

function names(items: readonly unknown[]): string[] {
  return items.map((item) => at(item, 'name')).filter((name) => typeof name === 'string')
}

function lower(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase().replace(/\.$/, '') : undefined
}

function hex(value: unknown): unknown {
  const parsed = fingerprint.safeParse(value)
  return parsed.success ? parsed.data : undefined
}
