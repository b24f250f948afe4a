import type { Look } from './look.ts'
import type { Path } from './problems.ts'
import { at, list, record } from './tree.ts'

/** What a peer that is anybody may have: the rest would send, show or ask something of somebody whom nobody knows. */
const KEYS = ['name', 'identity', 'accept', 'publish', 'restrictions', 'strict', 'lenient', 'test', 'limits']

const SHOWN = ['dns', 'fingerprint', 'basic']

const isTrue = (value: unknown) => value === true || value === 'true'

/** Whoever shows nothing may put something into a Topic of its own, and nothing goes on from there by itself. */
export function checkAnonymous(look: Look): void {
  const { tree, peers, problem, note } = look
  const isOn = isTrue(at(tree, 'rid', 'anonymous'))
  const all = [...peers.entries()].filter(([, peer]) => isTrue(at(peer, 'identity', 'anonymous')))
  for (const [n, [i, peer]] of all.entries()) {
    const path = ['peers', i, 'identity', 'anonymous']
    if (n > 0) problem(path, 'stands at another peer already: whoever shows nothing cannot be told apart')
    if (!isOn) problem(path, 'needs rid.anonymous: true: without it TLS lets nobody in who shows no certificate')
    if (SHOWN.some((key) => at(peer, 'identity', key) !== undefined))
      problem(['peers', i, 'identity'], 'is anonymous: whoever shows something is another peer')
    checkKeys(look, peer, i)
    checkQuarantine(look, peer)
  }
  if (!isOn) return
  const to = all.flatMap(([, peer]) => list(at(peer, 'publish'))).map((topic) => `"${String(topic)}"`)
  const where = to.length === 0 ? 'nothing of them goes anywhere' : `may publish to ${to.join(', ')}`
  note(['rid', 'anonymous'], `is true: TLS lets in who shows nothing at all, and anybody ${where}`)
}

function checkKeys({ problem }: Look, peer: unknown, i: number): void {
  for (const key of Object.keys(record(peer))) {
    if (!KEYS.includes(key))
      problem(['peers', i, key], 'is not for a peer that is anonymous: it is sent and shown nothing')
  }
  if (list(at(peer, 'accept')).some((type) => type !== 'Report'))
    problem(['peers', i, 'accept'], 'is [Report] for a peer that is anonymous: nobody is there to answer')
}

/** Its Topics are nobody else's, on the way in and on the way out. */
function checkQuarantine(look: Look, anybody: unknown): void {
  const { tree, peers, topics, routes, problem } = look
  const name = at(anybody, 'name')
  const own = list(at(anybody, 'publish'))
  const why = `is a Topic of ${String(name)}, which is anybody`
  const refuse = (path: Path, values: unknown, what = 'it goes to nobody unless a person has looked at it') => {
    for (const [j, topic] of list(values).entries()) if (own.includes(topic)) problem([...path, j], `${why}: ${what}`)
  }
  for (const [i, peer] of peers.entries()) {
    if (peer === anybody) continue
    refuse(['peers', i, 'publish'], at(peer, 'publish'), 'reports of peers go to another')
    for (const key of ['topics', 'query']) refuse(['peers', i, key], at(peer, key))
  }
  for (const [i, topic] of topics.entries())
    if (!own.includes(at(topic, 'name'))) refuse(['grid', 'topics', i, 'query'], at(topic, 'query'))
  for (const [i, one] of list(at(tree, 'grid', 'participants')).entries())
    refuse(['grid', 'participants', i, 'query'], at(one, 'query'))
  for (const [i, route] of routes.entries()) {
    checkItsRoute(look, route, i, String(name), own.includes(at(route, 'topic')))
    refuse(['routes', i, 'ask'], topicsAsked(route))
  }
}

/** `leads`: to a Topic of `name`. */
function checkItsRoute({ problem }: Look, route: unknown, i: number, name: string, leads: boolean): void {
  const from = list(at(route, 'match', 'peer'))
  const isOfAnybody = from.includes(name)
  if (leads && !isOfAnybody)
    problem(['routes', i], `leads to a Topic of ${name}, which is anybody: match.peer has to be [${name}]`)
  if (isOfAnybody && from.length > 1)
    problem(['routes', i, 'match', 'peer'], `names ${name}, which is anybody: that takes a route of its own`)
  if (isOfAnybody && !leads) problem(['routes', i, 'topic'], `is no Topic in publish of ${name}, which is anybody`)
  const asked = list(at(route, 'ask')).includes(`peer:${name}`) || list(at(route, 'peers')).includes(name)
  if (asked || (isOfAnybody && at(route, 'ask') !== undefined))
    problem(['routes', i], `is not for ${name}, which is anybody: nothing is sent to it, and nothing asked for it`)
}

function topicsAsked(route: unknown): unknown[] {
  return list(at(route, 'ask')).map((ask) => String(ask).replace(/^topic:/, ''))
}
