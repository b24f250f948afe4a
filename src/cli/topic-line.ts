import { readConfig } from '../config/config.ts'
import { ConfigError } from '../config/problems.ts'
import type { Config, TopicConfig } from '../config/types.ts'
import { didYouMean } from '../did-you-mean.ts'
import { normalAddress } from '../grid/create-grid.ts'
import { configFile } from './options.ts'
import { type Io, printable, UsageError, write } from './output.ts'

/** A Topic of the configuration, and where in its file it stands. */
interface ConfiguredTopic {
  readonly config: Config
  readonly topic: TopicConfig
  /** `gateway.yaml, line 12` */
  readonly place: string
}

/** Throws UsageError where the configuration has no such Topic, ConfigError where it cannot be used. */
export function configuredTopic(values: { config?: string | undefined }, name: string, io: Io): ConfiguredTopic {
  const file = configFile(values, io)
  const { config, problems, lineOf } = readConfig(file, io.env)
  if (config === undefined) throw new ConfigError(file, problems)
  const i = config.grid.topics.findIndex((topic) => topic.name === name)
  const topic = config.grid.topics[i]
  if (topic === undefined) {
    const names = config.grid.topics.map((one) => one.name)
    throw new UsageError(`the configuration has no Topic "${name}"${didYouMean(name, names)}`)
  }
  const line = lineOf(`grid.topics[${i}].members`)
  return { config, topic, place: line === undefined ? file : `${file}, line ${line}` }
}

/** A bare JID that was written on the command line. */
export function writtenJid(written: string): string {
  if (/^[^\s@/"'&<>]+@[^\s@/"'&<>]+$/.test(written)) return normalAddress(written)
  throw new UsageError(`"${written}" is no bare JID, as subscriber@grid.example`)
}

export function isMember({ members }: TopicConfig, jid: string): boolean {
  return members.some((member) => normalAddress(member) === jid)
}

/**
 * Why nobody is let in to, or taken out of, a Topic that is ours by hand alone: `members` is what counts, and the gateway sets it right at
 * each check. Undefined where nothing would be undone.
 */
export function undoneByCheck({ topic, place }: ConfiguredTopic, jid: string, among: boolean): string | undefined {
  if (!topic.create || isMember(topic, jid) === among) return undefined
  const why = among
    ? `${jid} is not in members of "${topic.name}", and the gateway takes out whoever is not`
    : `${jid} is in members of "${topic.name}", and the gateway lets in whoever is`
  return `${why}. First write, at ${place}:\n    ${membersLine(topic, jid, among)}`
}

/** Says what was not done, and why. */
export async function notDone(io: Io, why: string): Promise<1> {
  await write(io.err, `${why.split('\n').map(printable).join('\n')}\n`)
  return 1
}

/** What to put there, so that somebody is, or is not, among them. */
function membersLine({ members }: TopicConfig, jid: string, among: boolean): string {
  const others = members.filter((member) => normalAddress(member) !== jid)
  return `members: [${(among ? [...others, jid] : others).map(written).join(', ')}]`
}

/** YAML's own signs have no meaning between quotes. */
function written(jid: string): string {
  return /^[\w.@-]+$/.test(jid) && !jid.startsWith('-') ? jid : JSON.stringify(jid)
}
