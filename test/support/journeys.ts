import { plan, valid } from '../relay/journey.ts'
import { comparable, expectedItems, readItem } from './reports.ts'
import type { RidClient } from './rid-client.ts'
import type { GridUser } from './slixmpp.ts'

/** A document, and the bytes in which it is posted. */
export interface Posting {
  readonly text: string
  readonly bytes: Uint8Array
}

/** What became of documents that were posted to a gateway: approved ones must come back equal, the others have a reason. */
export interface Journeys {
  readonly approved: number
  readonly denied: number
  /** what is wrong, in words */
  readonly failures: readonly string[]
}

/** Posts each, waits until all that were approved are at `subscriber`, a reader that shares no code with us, and compares. */
export async function makeJourneys(
  postings: readonly Posting[],
  client: RidClient,
  subscriber: GridUser,
  node: string,
): Promise<Journeys> {
  const failures: string[] = []
  const approved: string[] = []
  const before = subscriber.items.length
  for (const { text, bytes } of postings) {
    const { status, body } = await client.post(bytes)
    const made = plan(valid(text))
    if (status === 200 && body.includes('AuthorizationStatus="Approved"')) approved.push(text)
    else if (
      made.kind !== 'denied' ||
      made.code !== 'cannot-carry' ||
      !/^it cannot travel as an item: \w/.test(made.reason)
    )
      failures.push(`refused without a reason, ${status} ${body} ${Buffer.from(bytes).toString('latin1')}`)
  }
  const wanted = new Set(approved.flatMap((text) => expectedItems(text).map(({ id }) => id)))
  const arrived = () =>
    new Map(
      subscriber.items
        .slice(before)
        .filter((item) => item.node === node)
        .map((item) => [item.id, item.xml]),
    )
  await subscriber.until(`${wanted.size} items`, () => [...wanted].every((id) => arrived().has(id)), 120_000)
  const items = arrived()
  for (const text of approved) {
    const parts = expectedItems(text).map(({ id }) => readItem(items.get(id) ?? ''))
    const document = parts[0]?.document(parts.map((part) => part.incident)) ?? ''
    const [posted, came] = [comparable(text), comparable(document)]
    // in normal form: prefixes of the fifth edition are gone, which Python cannot read either
    const difference = posted === came ? await subscriber.difference(posted, came) : 'C14N'
    if (difference !== undefined) failures.push(`not equal (${difference}): ${text} came as ${document}`)
  }
  return { approved: approved.length, denied: postings.length - approved.length, failures }
}
