import type { Config, PeerConfig } from '../config/types.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Reader } from '../reading/reader.ts'
import { repairHint } from '../reading/repair-table.ts'
import { publishesOld } from './accept.ts'
import { inVersion, lossesOf } from './in-version.ts'
import { deniedAsTest, judge } from './judge.ts'
import type { Publication } from './make-items.ts'
import { type Consumed, consumedFrom } from './part.ts'
import { documentOf, withheldFrom } from './render-rid.ts'
import { incidentOf, routeIndex, saidByPolicy } from './route.ts'

/** What would become of a document that a peer sends. */
export interface Explanation {
  /** `refused`: an HTTP status; `denied`: an Acknowledgement; `asked`: a question, which is answered or promised an answer */
  readonly answer: 'approved' | 'asked' | 'denied' | 'refused'
  readonly status: number
  /** the word of log and trace; null where it is accepted */
  readonly code: string | null
  readonly reason: string | null
  readonly format: string
  readonly msgType: string | null
  /** whom a question is asked of, as a route's `ask` has it */
  readonly asked: readonly string[]
  /** what a Topic or peer has to list, and which element asks for it */
  readonly needs: readonly { readonly restriction: string; readonly because: string | null }[]
  /** what lenient repaired first */
  readonly repairs: readonly string[]
  readonly incidents: readonly { readonly incident: string; readonly purpose: string; readonly route: string | null }[]
  readonly items: readonly ExplainedItem[]
}

export interface ExplainedItem {
  readonly topic: string
  readonly incident: string
  readonly id: string
  readonly bytes: number
  readonly limit: number
  /** it is put to the upload service, and a stub that names it is published */
  readonly upload: boolean
  readonly peers: readonly ExplainedPeer[]
}

interface ExplainedPeer {
  readonly peer: string
  readonly sent: boolean
  readonly reason: string | null
  /** which version of IODEF it gets, and without what; null where it gets none */
  readonly form: string | null
}

type Questioned = { readonly asked: readonly string[] } | { readonly code: string; readonly reason: string }

/**
 * What would happen to these bytes if this peer sent them: read, judged and made items by what does so when it happens; each item is then
 * read as the gateway reads what it finds on a Topic, and asked of each peer. `question`: what becomes of it where it is one. Nothing is
 * stored or sent. Rejects as `Reader.inspect`.
 */
export async function explain(
  config: Config,
  peer: PeerConfig,
  bytes: Uint8Array,
  reader: Reader,
  question: (inspection: Inspection) => Questioned | undefined,
): Promise<Explanation> {
  if (bytes.length > config.rid.maxMessage) {
    const reason = `it has ${bytes.length} bytes, and rid.maxMessage is ${config.rid.maxMessage}`
    return { ...NOTHING, answer: 'refused', status: 413, code: 'too-large', reason }
  }
  const lenient = peer.lenient ?? false
  const inspection = await reader.inspect(bytes, { strict: peer.strict, lenient, old: publishesOld(config) })
  const known = described(config, peer, inspection)
  const questioned = peer.test === true ? undefined : question(inspection)
  if (questioned !== undefined) {
    if ('asked' in questioned) return { ...known, answer: 'asked', asked: questioned.asked }
    return { ...known, answer: 'denied', status: 200, code: questioned.code, reason: questioned.reason }
  }
  const judged = judge(config, peer, inspection)
  if (judged.kind === 'problem') {
    const { status, detail, errors = [], title } = judged.problem
    const [first] = errors
    const place = first === undefined || first.line === 0 ? '' : ` (line ${first.line})`
    const said = first === undefined ? (detail ?? title) : `${first.message}${place}`
    const reason = `${said}${repairHint(inspection.repairable)}`
    return { ...known, answer: 'refused', status, code: judged.code, reason }
  }
  if (judged.kind === 'denied') {
    const reason = `${judged.reason}${repairHint(inspection.repairable)}`
    return { ...known, answer: 'denied', status: 200, code: judged.code, reason }
  }
  const items: ExplainedItem[] = []
  for (const publication of judged.publications) items.push(await explainItem(config, peer, publication, reader))
  const test = deniedAsTest(peer, judged)
  if (test !== undefined) return { ...known, answer: 'denied', status: 200, ...test, items }
  return { ...known, answer: 'approved', status: 200, items }
}

const NOTHING: Explanation = {
  answer: 'approved',
  status: 200,
  code: null,
  reason: null,
  format: 'unknown',
  msgType: null,
  asked: [],
  needs: [],
  repairs: [],
  incidents: [],
  items: [],
}

function described({ routes }: Config, peer: PeerConfig, inspection: Inspection): Explanation {
  const { format, rid, document, repairs = [] } = inspection
  const type = rid === null ? 'Report' : rid.msgType
  const { needed = [], reasons = {}, incidents = [] } = document ?? {}
  const said = saidByPolicy(rid)
  return {
    ...NOTHING,
    format,
    msgType: document === null && rid === null ? null : type,
    repairs,
    needs: needed.map((restriction) => ({ restriction, because: reasons[restriction] ?? null })),
    incidents: incidents.map((incident) => {
      const i = routeIndex(routes, incidentOf(peer.name, type ?? '', incident, said))
      const { key, purpose } = incident
      return { incident: key, purpose, route: i < 0 ? null : `routes[${i}]` }
    }),
  }
}

async function explainItem(
  { grid, peers, rid }: Config,
  from: PeerConfig,
  { topic, incident, item }: Publication,
  reader: Reader,
): Promise<ExplainedItem> {
  const found = consumedFrom(await reader.inspect(Buffer.from(item.xml), { charset: 'utf-8' }, { topic }))
  const told = peers
    .filter((peer) => peer.url !== undefined && peer.topics.length > 0)
    .map(async (peer) => {
      const reason =
        peer === from
          ? 'it came from there'
          : found === undefined
            ? 'the item is no IODEF'
            : (withheldFrom(peer, topic, found.part, found.reasons) ?? null)
      if (reason !== null || found === undefined) return { peer: peer.name, sent: false, reason, form: null }
      return { peer: peer.name, ...(await formFor(peer, found, reader)) }
    })
  const bytes = Buffer.byteLength(item.xml)
  const upload = bytes > grid.maxItem
  const limit = upload ? rid.maxMessage : grid.maxItem
  return { topic, incident, id: item.id, bytes, limit, upload, peers: await Promise.all(told) }
}

/** Of a document of several Incidents this is said of each as if it came alone. */
async function formFor(peer: PeerConfig, { part }: Consumed, reader: Reader): Promise<Omit<ExplainedPeer, 'peer'>> {
  const isWhole = part.items.length === 0 && part.list === undefined
  const document = documentOf([part], isWhole || part.original !== null)
  const written = await inVersion(peer, document, (xml) => reader.downgrade(xml, peer.name))
  if ('impossible' in written) return { sent: false, reason: written.impossible, form: null }
  const { losses } = written
  const form = losses === null ? `IODEF ${document.version}` : lossesOf(losses).text.replace(/^Sent as |\.$/g, '')
  return { sent: true, reason: null, form }
}
