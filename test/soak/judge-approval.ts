import type { Consumed } from '../../src/relay/part.ts'
import type { Delivery } from '../../src/store/contract.ts'
import { decode } from '../../src/xml/decode.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { consume, peer, sent } from '../relay/journey.ts'
import type { Chance } from '../support/arbitraries.ts'
import { respell } from '../support/respell.ts'
import type { Bare } from '../xml/libxml-tree.ts'
import { asksForMore, documentIn, meaningOf, treeOf } from './other-eyes.ts'

export type Flaw = readonly [kind: string, what: string]

/**
 * What is wrong with an approval, by what the store has for it since: nothing that asks for more may be there, and what is there comes
 * back, through a Broker, as the document that was posted. What adds nothing must have been there before. Of one store's life.
 */
export function createJudge(
  c: Chance,
): (bytes: Uint8Array, charset: string | undefined, kept: readonly Delivery[]) => Promise<Flaw[]> {
  /** Incidents with what stood around them */
  const published = new Set<string>()
  const consumed = new Map<string, Consumed[]>()
  return async (bytes, charset, kept) => {
    const decoded = decode(bytes, charset)
    const tree = decoded.ok ? treeOf(decoded.text) : undefined
    const posted = tree && documentIn(tree)
    if (tree === undefined || posted === undefined) return [['approved', 'though there is no document']]
    const flaws: Flaw[] = []
    if (asksForMore(tree)) flaws.push(['shown', 'though something in it is not for partners'])
    const incidents = incidentsOf(posted)
    if (kept.length === 0) {
      if (!incidents.every((one) => published.has(one)))
        flaws.push(['lost', 'approved as a duplicate of what never was'])
      return flaws
    }
    for (const one of incidents) published.add(one)
    const document = await comeBack(kept)
    if (document === undefined || meaningOf(document) !== meaningOf(posted))
      flaws.push(['altered', JSON.stringify(kept)])
    return flaws
  }

  /** The document that a peer is sent for these items, with what came before of it. */
  async function comeBack(kept: readonly Delivery[]): Promise<Bare | undefined> {
    const came = kept.map(({ payload }) => consume(c.once(2) ? damaged(c, payload) : payload))
    const earlier = (came[0]?.part.items ?? []).flatMap((item) => consumed.get(item) ?? [])
    for (const one of came) consumed.set(one.item, [one, ...(consumed.get(one.item) ?? [])])
    const tree = treeOf(await sent(came, peer(), earlier))
    return tree && documentIn(tree)
  }
}

function damaged(c: Chance, xml: string): string {
  return respell(c, scan(xml), { noise: false, damage: true })
}

function incidentsOf(document: Bare): string[] {
  const isIncident = (child: Bare | string): child is Bare => typeof child !== 'string' && child.local === 'Incident'
  const around = meaningOf({ ...document, children: document.children.filter((child) => !isIncident(child)) })
  return document.children.filter(isIncident).map((incident) => `${around} ${meaningOf(incident)}`)
}
