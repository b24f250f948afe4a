import { createHash } from 'node:crypto'
import type { GridItem } from '../grid/contract.ts'
import type { Term } from '../iodef/term-words.ts'
import type { Terms } from '../iodef/terms.ts'
import type { Inspection } from '../reading/inspection.ts'
import type { Consumed } from '../relay/part.ts'
import { encodePart } from '../relay/stored-part.ts'
import type { NewRecord } from '../store/archive.ts'
import { isQuestion } from '../vocabulary.ts'

/** of one item, of all its Incidents */
const MOST = 512

/** What the archive keeps of an item that a Topic showed; undefined where that answers nothing. */
export function recordOf(
  item: Pick<GridItem, 'topic' | 'id'>,
  consumed: Consumed,
  { document }: Inspection,
  takenIn: number,
): NewRecord | undefined {
  const { part, variant } = consumed
  // another question is no knowledge
  if (document === null || isQuestion(part.msgType)) return undefined
  const own = incidentsOf(document, part.incidents)
  const all = own.flatMap(({ terms }) => terms ?? [])
  const seen = new Map<string, Term>()
  for (const term of all.flatMap(({ terms }) => terms)) seen.set(`${term.kind}\n${term.lo}\n${term.hi}`, term)
  return {
    topic: item.topic,
    item: item.id,
    content: createHash('sha256').update(`${consumed.item}\n${variant}`).digest('hex'),
    takenIn,
    ...spanOf(all),
    detected: most(all.map(({ detected }) => detected)),
    rating: most(all.map(({ rating }) => rating)),
    confidence: most(all.map(({ confidence }) => confidence)),
    needed: part.needed,
    terms: [...seen.values()].slice(0, MOST),
    body: encodePart(part),
  }
}

/** Of an IODEF 1 document what its upgrade says. An item of a document of several speaks for its own Incident. */
function incidentsOf(document: NonNullable<Inspection['document']>, shown: readonly string[]) {
  const { upgraded, incidents } = document
  const own = incidents.filter(({ xml }) => shown.includes(xml))
  if (upgraded === null || 'invalid' in upgraded) return own
  return upgraded.incidents.filter((_, i) => shown.includes(incidents[i]?.xml ?? ''))
}

/** When it happened: from its beginning, or the first that is known of it, to its end, or the same moment. */
function spanOf(all: readonly Terms[]): Pick<NewRecord, 'from' | 'to'> {
  const from = all.map(({ start, detected, reported, generated }) => start ?? detected ?? reported ?? generated)
  const known = from.filter((time) => time !== null)
  if (known.length === 0) return { from: null, to: null }
  return { from: Math.min(...known), to: Math.max(...all.map(({ end }, i) => end ?? from[i] ?? 0), ...known) }
}

function most(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}
