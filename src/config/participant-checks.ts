import { didYouMean } from '../did-you-mean.ts'
import { address } from './fields.ts'
import { known, type Look } from './look.ts'
import { at, list } from './tree.ts'

/** Who may ask, or report, by IQ: what each of them needs besides. */
export function checkParticipants(look: Look): void {
  const { tree, topicNames, routes, problem } = look
  const participants = list(at(tree, 'grid', 'participants'))
  const own = canonical(at(tree, 'grid', 'jid'))
  const first = new Map<string, number>()
  for (const [i, participant] of participants.entries()) {
    const path = ['grid', 'participants', i]
    known(look, at(participant, 'query'), topicNames, 'Topic', [...path, 'query'])
    const who = canonical(at(participant, 'jid'))
    if (who === undefined) continue
    const before = first.get(who)
    if (before === undefined) first.set(who, i)
    else problem([...path, 'jid'], `is the same as in grid.participants[${before}]: each needs one of its own`)
    if (who === own) problem([...path, 'jid'], 'is the gateway itself (grid.jid)')
    checkWords(look, participant, i, who)
  }
  for (const [i, route] of routes.entries()) checkJids(look, [...first.keys()], route, i)
}

/** What it may send leads somewhere. */
function checkWords({ routes, warning }: Look, participant: unknown, i: number, who: string): void {
  const path = ['grid', 'participants', i]
  const accept = list(at(participant, 'accept'))
  const query = list(at(participant, 'query'))
  const ours = routes.filter((route) => admits(route, who))
  const asking = ours.some((route) => at(route, 'ask') !== undefined)
  const places = (word: string) => [...path, 'accept', accept.indexOf(word)]
  if (accept.includes('inquiry') && query.length === 0 && !asking) {
    warning(places('inquiry'), 'every inquiry is refused: it has no "query", and no route asks anybody')
  }
  if (accept.includes('request') && !asking) {
    warning(places('request'), 'every request is refused: no route with ask is for it')
  }
  const leads = (route: unknown) => at(route, 'topic') !== undefined || at(route, 'peers') !== undefined
  const reporting = ours.some((route) => leads(route) && at(route, 'match', 'jid') !== undefined)
  if (accept.includes('report') && !reporting) {
    warning(places('report'), 'every report is refused: no route with topic or peers names it in match.jid')
  }
  if (query.length > 0 && !accept.includes('inquiry')) {
    warning([...path, 'query'], 'it may not ask: "accept" does not list inquiry')
  }
}

function checkJids(look: Look, listed: readonly string[], route: unknown, i: number): void {
  const { problem, warning, peers, peerNames } = look
  const path = ['routes', i, 'match', 'jid']
  for (const [j, jid] of list(at(route, 'match', 'jid')).entries()) {
    const who = canonical(jid)
    if (who === undefined || listed.includes(who)) continue
    problem([...path, j], `"${String(jid)}" is in no entry of grid.participants${didYouMean(who, [...listed])}`)
  }
  known(look, at(route, 'peers'), peerNames, 'peer', ['routes', i, 'peers'])
  if (at(route, 'peers') !== undefined && at(route, 'match', 'jid') === undefined) {
    problem(['routes', i, 'peers'], 'is for reports of participants: match.jid has to name them')
  }
  for (const [j, name] of list(at(route, 'peers')).entries()) {
    const peer = peers.find((one) => at(one, 'name') === name)
    if (peer !== undefined && at(peer, 'url') === undefined) {
      problem(['routes', i, 'peers', j], `peer "${String(name)}" has no url, so nothing can be sent to it`)
    }
  }
  if (at(route, 'match', 'jid') !== undefined && at(route, 'match', 'peer') !== undefined) {
    warning(path, 'never matches: nobody is a peer and a participant at once. Make two routes of it')
  }
}

function admits(route: unknown, who: string): boolean {
  if (at(route, 'match', 'peer') !== undefined) return false
  const only = at(route, 'match', 'jid')
  return !Array.isArray(only) || only.some((jid) => canonical(jid) === who)
}

/** As addresses are compared, as far as that can be said without a server: in lower case. */
function canonical(value: unknown): string | undefined {
  return address.safeParse(value).data?.toLowerCase()
}
