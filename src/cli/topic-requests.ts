import type { TopicConfig } from '../config/types.ts'
import { normalAddress, openTopicDesk, type TopicDesk } from '../grid/create-grid.ts'
import { actionOf, CONFIG, nothingMore, parse, required } from './options.ts'
import { type ExitCode, type Io, json, printable, table, UsageError, write } from './output.ts'
import { configuredTopic, isMember, notDone, undoneByCheck, writtenJid } from './topic-line.ts'

/** `topics requests TOPIC [approve|deny JID]` (XEP-0060 §8.6, §8.7) */
export async function topicRequests(args: readonly string[], io: Io): Promise<ExitCode> {
  const { values, positionals } = parse(args, { ...CONFIG, json: { type: 'boolean' } })
  const name = required(positionals[0], 'TOPIC')
  if (positionals.length === 1) {
    const { config, topic } = configuredTopic(values, name, io)
    await using desk = await openTopicDesk(config.grid)
    return await list(desk, topic, values.json === true, io)
  }
  const action = actionOf('topics requests', positionals[1], ['approve', 'deny'] as const)
  const jid = writtenJid(required(positionals[2], 'JID'))
  nothingMore(positionals.slice(3))
  const found = configuredTopic(values, name, io)
  const undone = undoneByCheck(found, jid, action === 'approve')
  if (undone !== undefined) return notDone(io, undone)
  const { config, topic } = found
  await using desk = await openTopicDesk(config.grid)
  return await decide(desk, topic, jid, action, io)
}

async function list(desk: TopicDesk, topic: TopicConfig, asJson: boolean, io: Io): Promise<ExitCode> {
  const found = await desk.waiting(topic.name)
  if (typeof found === 'string') return notDone(io, `who asks for "${topic.name}" cannot be looked at: ${found}`)
  const rows = found.map((jid) => ({ jid, configured: isMember(topic, bare(jid)) || bare(jid) === desk.own }))
  if (asJson) await write(io.out, json(rows))
  else if (rows.length === 0) await write(io.err, `nobody waits for "${printable(topic.name)}"\n`)
  else {
    const cells = rows.map(({ jid, configured }) => [jid, configured ? 'yes' : 'no'])
    await write(io.out, table([['JID', 'CONFIGURED'], ...cells]))
  }
  return 0
}

async function decide(
  desk: TopicDesk,
  topic: TopicConfig,
  jid: string,
  action: 'approve' | 'deny',
  io: Io,
): Promise<ExitCode> {
  const isTheirs = (address: string) => bare(address) === jid
  const found = await desk.waiting(topic.name)
  if (typeof found === 'string') return notDone(io, `who asks for "${topic.name}" cannot be looked at: ${found}`)
  const asked = found.filter(isTheirs)
  if (asked.length === 0) throw new UsageError(`${jid} does not wait for "${topic.name}"`)
  const [state, said] =
    action === 'approve' ? (['subscribed', 'is subscribed to'] as const) : (['none', 'was denied'] as const)
  const refused = action === 'approve' ? await desk.admit(topic.name, jid) : undefined
  const why = refused ?? (await desk.answer(topic.name, asked, state))
  // what it looks like afterwards counts
  const after = await desk.waiting(topic.name)
  if (typeof after === 'string' || after.some(isTheirs)) {
    return notDone(io, `${jid} still waits for "${topic.name}": ${why ?? 'the Broker did not take it.'}`)
  }
  await write(io.out, `${jid} ${said} "${printable(topic.name)}"\n`)
  return 0
}

function bare(address: string): string {
  return normalAddress(address.split('/', 1)[0] ?? '')
}
