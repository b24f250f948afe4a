import type { TopicConfig } from '../config/types.ts'
import { normalAddress, openTopicDesk, READS, type TopicDesk } from '../grid/create-grid.ts'
import { actionOf, CONFIG, nothingMore, parse, required } from './options.ts'
import { type ExitCode, type Io, json, printable, table, UsageError, write } from './output.ts'
import { configuredTopic, notDone, undoneByCheck, writtenJid } from './topic-line.ts'

const ACTIONS = ['list', 'add', 'remove', 'mend'] as const
/** Whoever is not let in cannot read (XEP-0060 §4.5). */
const CLOSED = new Set(['whitelist', 'authorize'])

/** `topics members ACTION TOPIC [JID]` */
export async function topicMembers(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parse(args, { ...CONFIG, json: { type: 'boolean' } })
  const action = actionOf('topics members', positionals[0], ACTIONS)
  const name = required(positionals[1], 'TOPIC')
  const changes = action === 'add' || action === 'remove'
  const jid = changes ? writtenJid(required(positionals[2], 'JID')) : ''
  nothingMore(positionals.slice(changes ? 3 : 2))
  const found = configuredTopic(values, name, io)
  // before anybody is asked: no Broker changes what the configuration says
  if (changes) {
    const undone = undoneByCheck(found, jid, action === 'add')
    if (undone !== undefined) return notDone(io, undone)
  }
  if (action === 'mend' && !found.topic.create) throw new UsageError(`"${name}" is not ours: it has no create: true`)
  await using desk = await openTopicDesk(found.config.grid)
  // awaited here: the session ends with this function
  if (action === 'list') return await list(desk, found.topic, values.json === true, io)
  if (action === 'mend') return await mend(desk, found.topic, io)
  if (jid === desk.own) throw new UsageError(`${jid} is the gateway's own account`)
  return await (action === 'add' ? add : remove)(desk, found.topic, jid, io)
}

interface Row {
  readonly jid: string
  readonly affiliation: string
  readonly subscription: string
  readonly configured: boolean
  /** how Broker and configuration differ */
  readonly difference: string | null
}

async function list(desk: TopicDesk, topic: TopicConfig, asJson: boolean, io: Io): Promise<ExitCode> {
  const found = await desk.membership(topic.name)
  if (typeof found === 'string') return notDone(io, `who may read "${topic.name}" cannot be looked at: ${found}`)
  const closed = CLOSED.has(found.access ?? topic.access ?? 'whitelist')
  const known = new Set(found.members.map(({ jid }) => jid))
  const configured = new Set(topic.members.map(normalAddress))
  const absent = [...configured].filter((jid) => !known.has(jid))
  const all = [...found.members, ...absent.map((jid) => ({ jid, affiliation: 'none', subscriptions: [] }))]
  const rows = all.map(({ jid, affiliation, subscriptions }): Row => {
    const subscription = [...new Set(subscriptions.map(({ state }) => state))].join(' ')
    const isSubscribed = subscriptions.some(({ state }) => state === 'subscribed')
    const reads = READS.has(affiliation) || (closed && isSubscribed)
    const among = jid === desk.own || configured.has(jid)
    const difference = topic.create ? differenceOf({ reads, among, affiliation, closed }) : null
    return { jid, affiliation, subscription, configured: among, difference }
  })
  if (asJson) await write(io.out, json({ topic: topic.name, access: found.access ?? null, members: rows }))
  else {
    const cells = rows.map(({ jid, affiliation, subscription, configured: among, difference }) => {
      return [jid, affiliation, subscription || '-', among ? 'yes' : 'no', difference ?? '']
    })
    await write(io.out, table([['JID', 'AFFILIATION', 'SUBSCRIPTION', 'CONFIGURED', ''], ...cells]))
  }
  if (found.unlisted !== undefined)
    await write(io.err, `who is subscribed is not known: ${printable(found.unlisted)}\n`)
  if (!closed)
    await write(io.err, `access is ${printable(found.access ?? topic.access ?? '')}: others may read it as well\n`)
  if (rows.every(({ difference }) => difference === null)) return 0
  await write(
    io.err,
    `iodef-gateway topics members mend ${printable(topic.name)} makes it what the configuration says\n`,
  )
  return 1
}

interface Standing {
  readonly reads: boolean
  readonly among: boolean
  readonly affiliation: string
  readonly closed: boolean
}

/** A publisher was made one by hand, which no configuration says. */
function differenceOf({ reads, among, affiliation, closed }: Standing): string | null {
  if (among && !reads) return 'is in members, and may not read it'
  if (among || !reads || !closed || affiliation === 'publisher') return null
  return 'may read it, and is not in members'
}

async function add(desk: TopicDesk, topic: TopicConfig, jid: string, io: Io): Promise<ExitCode> {
  const why = await desk.admit(topic.name, jid)
  if (why !== undefined) return notDone(io, `${jid} may not read "${topic.name}": ${why}`)
  await write(io.out, `${jid} may read "${printable(topic.name)}"\n`)
  return after(topic, io)
}

async function remove(desk: TopicDesk, topic: TopicConfig, jid: string, io: Io): Promise<ExitCode> {
  const found = await desk.membership(topic.name)
  if (typeof found === 'string') return notDone(io, `who may read "${topic.name}" cannot be looked at: ${found}`)
  if (found.access !== undefined && !CLOSED.has(found.access)) {
    const remedy = 'have it made a whitelist first'
    return notDone(
      io,
      `the access model of "${topic.name}" is ${found.access}: ${jid} could read it all the same; ${remedy}`,
    )
  }
  const why = await desk.dismiss(topic.name, jid)
  if (why !== undefined) return notDone(io, `${jid} may still read "${topic.name}": ${why}`)
  await write(io.out, `${jid} may not read "${printable(topic.name)}"\n`)
  return after(topic, io)
}

async function mend(desk: TopicDesk, topic: TopicConfig, io: Io): Promise<ExitCode> {
  const readers = await desk.settle(topic)
  if (readers.kind !== 'settled') return notDone(io, `"${topic.name}": ${readers.reason}`)
  await write(io.out, `"${printable(topic.name)}": ${readers.added} added, ${readers.removed} taken out\n`)
  if (readers.problem !== undefined) return notDone(io, `"${topic.name}": ${readers.problem}`)
  return after(topic, io)
}

/** A gateway that runs has the configuration that it has read. */
async function after({ create }: TopicConfig, io: Io): Promise<ExitCode> {
  if (create)
    await write(io.err, 'a gateway that has read other members undoes this at its next check: iodef-gateway reload\n')
  return 0
}
