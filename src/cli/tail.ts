import type { Config } from '../config/types.ts'
import { didYouMean } from '../did-you-mean.ts'
import { GatewayError } from '../errors.ts'
import { gridOf } from './grid.ts'
import { CONFIG, configOf, count, nothingMore, parse, required } from './options.ts'
import { type Command, type ExitCode, harmless, printable, write } from './output.ts'

export const tail: Command = {
  name: 'tail',
  summary: 'prints the items of a Topic as they arrive',
  usage: 'iodef-gateway tail [--config FILE] TOPIC [--count N]',
  help: `
Logs in to the Controller as the gateway does, subscribes to TOPIC for this session and prints each item's payload as it
arrives, one XML document after another, until SIGINT. It takes nothing away from a gateway that is running. Exit code 3 when the
Controller, the Broker or the Topic cannot be reached.

  -c, --config FILE   the configuration [gateway.yaml]
      --count N       ends after N items

  iodef-gateway tail incident --config gateway.yaml --count 1 > item.xml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, {
      ...CONFIG,
      count: { type: 'string', short: 'n' },
    })
    const topic = required(positionals[0], 'TOPIC')
    nothingMore(positionals.slice(1))
    const most = count(values.count, '--count') ?? Number.POSITIVE_INFINITY
    const config = configOf(values, io)
    const done = Promise.withResolvers<void>()
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done.resolve())
    // it may fail before anybody awaits it
    done.promise.catch(() => undefined)
    const seen = new Set<string>()
    let printed = 0
    let ended = false
    let joined = false
    await using _grid = await gridOf(config, [topic], {
      async items(_topic, items) {
        for (const item of items) {
          if (printed >= most || seen.has(item.id)) continue
          seen.add(item.id)
          printed += 1
          // programs get what arrived; a terminal must not obey it
          const text = 'isTTY' in io.out && io.out.isTTY ? harmless(item.xml) : item.xml
          // who delivers the items would only try again
          await write(io.out, `${text}\n`).catch(done.reject)
        }
        if (printed >= most) done.resolve()
      },
      seenIds: async (_topic, ids) => new Set(ids.filter((id) => seen.has(id))),
      state(part, state, reason) {
        if (ended) return
        if (state === 'up' && part !== 'session') void say(`waiting for items of ${topic}`)
        else if (state === 'refused') done.reject(refusal(config, part, reason ?? 'It is refused.'))
        // until then it is the reason why the command fails
        else if (joined && part === 'session' && reason !== null) void say(reason)
      },
    })
    joined = true
    try {
      await done.promise
      return 0
    } finally {
      ended = true
    }

    function say(text: string): Promise<void> {
      return write(io.err, `${printable(text)}\n`)
    }
  },
}

/** A Topic need not be configured to be looked at, but then nobody set its `create` to false, and it may be a typing error. */
function refusal({ grid }: Config, part: string, reason: string): GatewayError {
  const names = grid.topics.map(({ name }) => name)
  const topic = part.replace(/^topic:/, '')
  const text =
    part === 'session' || names.includes(topic)
      ? reason
      : `${reason.replace(', and `create` is false', '')} The configuration names no such Topic${didYouMean(topic, names)}.`
  return new GatewayError('grid-refused', `${part}: ${text}`)
}
