import { standing } from '../events/standing.ts'
import { traceWords } from '../events/trace-words.ts'
import { searchesFor } from '../iodef/incident-id.ts'
import type { TraceEvent } from '../store/contract.ts'
import { CONFIG, nothingMore, parse, required } from './options.ts'
import { type Command, type ExitCode, json, printable, table, write } from './output.ts'
import { isoTime, shortTime, storeOf } from './store.ts'

/** settled deliveries that are shown, of those the trace names */
const MOST = 1000

export const trace: Command = {
  name: 'trace',
  summary: 'tells the whole life of an incident: accepted, published, delivered, retried, held, refused',
  usage: 'iodef-gateway trace INCIDENT-ID [--config FILE] [--json]',
  help: `
INCIDENT-ID is the text of the document's IncidentID, or NAME and text with a space between where several teams use the same
number; or what any command prints of it. White space in it does not matter. One that could be an option stands behind "--".
Exit code 1 when nothing is known of it.

  -c, --config FILE   the configuration, which says where the store is [gateway.yaml]
      --json          [{"at", "incident", "event", ...}], oldest first; what else is there depends on the event

  iodef-gateway trace 189493 --config gateway.yaml
  iodef-gateway trace "csirt.example.com 189493" --config gateway.yaml
`,
  async run(args, io): Promise<ExitCode> {
    const { values, positionals } = parse(args, { ...CONFIG, json: { type: 'boolean' } }, { ids: true })
    const asked = required(positionals[0], 'INCIDENT-ID')
    nothingMore(positionals.slice(1))
    await using store = await storeOf(values, io)
    const { incident, events } = await find(asked, (search) => store.trace(search))
    if (values.json) await write(io.out, json(events.map(publicEvent)))
    else if (events.length === 0) await write(io.err, `nothing is known of ${printable(asked)}\n`)
    else {
      await write(io.out, described(events))
      const now = (await standing(store, incident, events, MOST)).map((d) => [
        d.destination,
        d.state,
        d.id,
        d.reason ?? '',
      ])
      if (now.length > 0) await write(io.out, `\nNow:\n${table([['TO', 'STATE', 'ID', 'REASON'], ...now])}`)
    }
    return events.length === 0 ? 1 : 0
  },
}

/** The first way to understand what was asked for that something is known of. */
async function find<T>(
  asked: string,
  look: (search: string) => readonly T[] | Promise<readonly T[]>,
): Promise<{ readonly incident: string; readonly events: readonly T[] }> {
  for (const incident of searchesFor(asked)) {
    const events = await look(incident)
    if (events.length > 0) return { incident, events }
  }
  return { incident: asked, events: [] }
}

function publicEvent({ at, incident, event, fields }: TraceEvent) {
  return { at: isoTime(at), incident, event, ...fields }
}

/** One paragraph for each incident: teams may use the same number. */
function described(events: readonly TraceEvent[]): string {
  const byIncident = Map.groupBy(events, (event) => event.incident)
  return [...byIncident]
    .map(([incident, list]) => {
      const rows = list.map(({ at, event, fields }) => [shortTime(at), event, traceWords(fields)])
      return `${printable(incident)}\n${table(rows)}`
    })
    .join('\n')
}
