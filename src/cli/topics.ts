import type { TopicInfo } from '../grid/contract.ts'
import { gridOf } from './grid.ts'
import { CONFIG, configOf, nothingMore, parse } from './options.ts'
import { type Command, type ExitCode, json, table, write } from './output.ts'
import { topicMembers } from './topic-members.ts'
import { topicRequests } from './topic-requests.ts'

export const topics: Command = {
  name: 'topics',
  summary: 'discovers the Topics that the Broker shows to the gateway; who reads them, and who asks to',
  usage:
    'iodef-gateway topics [members list|add|remove|mend TOPIC [JID] | requests TOPIC [approve|deny JID]] [--config FILE] [--json]',
  help: `
Logs in to the Controller as the gateway does and asks the Broker for its Topics (XEP-0030, XEP-0060 section 5). The gateway may
be running. Exit code 3 when the Controller or the Broker cannot be reached.

  topics members list TOPIC          who may read it at the Broker, and who by the configuration. Exit code 1 where they differ
  topics members mend TOPIC          makes the Broker have what \`members\` says, of a Topic with \`create: true\`
  topics members add TOPIC JID       lets somebody read it, at once
  topics members remove TOPIC JID    takes affiliation and subscriptions from somebody, at once
  topics requests TOPIC              who asks to be subscribed and waits, with \`access: authorize\`
  topics requests TOPIC approve|deny JID

Of a Topic with \`create: true\` the configuration says who its members are, and the gateway sets that right at each check: \`add\`,
\`remove\` and \`approve\` refuse what it would undo, and say which line to write first. What they say is done is so at the Broker: they look.
Exit code 1: it is not done.

  -c, --config FILE   the configuration [gateway.yaml]
      --json          [{"node", "name", "type", "configured", "meta"}]

  iodef-gateway topics --config gateway.yaml
  iodef-gateway topics members add incident subscriber@grid.example
`,
  async run(args, io): Promise<ExitCode> {
    if (args[0] === 'requests') return topicRequests(args.slice(1), io)
    if (args[0] === 'members') return topicMembers(args.slice(1), io)
    const { values, positionals } = parse(args, { ...CONFIG, json: { type: 'boolean' } })
    nothingMore(positionals)
    const config = configOf(values, io)
    await using grid = await gridOf(config, [])
    const found = (await grid.discover(AbortSignal.timeout(20_000))).toSorted((a, b) => (a.node < b.node ? -1 : 1))
    const configured = new Set(config.grid.topics.map((topic) => topic.name))
    if (values.json) {
      await write(io.out, json(found.map((topic) => ({ ...topic, configured: configured.has(topic.node) }))))
    } else if (found.length === 0) await write(io.err, `${config.grid.broker} shows no Topics\n`)
    else
      await write(
        io.out,
        table([['TOPIC', 'TITLE', 'OWNER', 'ACCESS', 'ITEMS KEPT', 'CONFIGURED'], ...found.map(cells(configured))]),
      )
    const lacking = grid.lacking()
    if (lacking.length > 0) await write(io.err, `${config.grid.broker} does not have ${lacking.join(', ')}\n`)
    for (const name of configured) {
      if (found.some((topic) => topic.node === name)) continue
      await write(io.err, `the configured Topic ${name} is not among them\n`)
    }
    return 0
  },
}

function cells(configured: ReadonlySet<string>): (topic: TopicInfo) => string[] {
  return ({ node, name, meta }) => [
    node,
    meta['pubsub#title']?.[0] ?? name ?? '',
    (meta['pubsub#owner'] ?? meta['pubsub#creator'] ?? []).join(' '),
    meta['pubsub#access_model']?.[0] ?? '',
    meta['pubsub#max_items']?.[0] ?? '',
    configured.has(node) ? 'yes' : 'no',
  ]
}
