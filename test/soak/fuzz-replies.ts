import type { SendOutcome } from '../../src/outcome.ts'
import {
  bodilessOutcome,
  isBlank,
  type PeerResponse,
  refusedOutcome,
  repliedOutcome,
} from '../../src/rid/reply-outcome.ts'
import type { Chance } from '../support/arbitraries.ts'
import { ridText } from '../support/documents.ts'
import { createFuzzReader, sample } from './fuzz-reader.ts'
import { encode, mutated, seedTexts } from './fuzz-seeds.ts'
import { resident, Watch } from './fuzz-watch.ts'
import { createChance, damage } from './mutate.ts'
import { createFailures, type Findings, type ProofOptions } from './proof.ts'

/** characters of what an operator is shown */
const LONGEST = 1_200

/**
 * `count` answers as a RID peer, or whatever stands in its place, could give to a Report. Each becomes an outcome that an operator can
 * read; none that says Denied, and none that holds no RID message, is proof of delivery.
 */
export async function fuzzReplies({
  count,
  seed,
  say,
}: Pick<ProofOptions, 'count' | 'seed' | 'say'>): Promise<Findings> {
  const failures = createFailures()
  const c = createChance(seed)
  const seeds = [...seedTexts(['rid', 'written']), ...REPLIES]
  const reader = createFuzzReader()
  const outcomes = new Map<string, number>()
  using watch = new Watch(count, failures, reader)
  for (let n = 0; n < count; n += 1) {
    if (n > 0 && n % 50_000 === 0) say(`${n} of ${count}, ${resident()} MiB`)
    const { bytes, charset } = reply(c, seeds)
    const complain = (kind: string, what: string) =>
      failures.add(kind, `${what}: reply ${n} of seed ${seed}, ${sample(bytes)}`)
    try {
      const response = responseOf(c, bytes)
      const outcome = await judge(reader, response, bytes, charset)
      outcomes.set(outcome.kind, (outcomes.get(outcome.kind) ?? 0) + 1)
      for (const flaw of flawsOf(outcome, response, bytes)) complain(flaw, JSON.stringify(outcome))
    } catch (error) {
      complain('thrown', error instanceof Error ? (error.stack ?? error.message) : String(error))
    }
    watch.at(n)
  }
  const costs = watch.end()
  return {
    failures: failures.all(),
    figures: {
      'replies, all judged': count,
      ...Object.fromEntries([...outcomes].sort().map(([kind, times]) => [kind, times])),
      ...costs,
    },
  }
}

const STATUS = '<RequestStatus AuthorizationStatus="Approved"/>'
const REPLIES = [
  ridText(null, { msgType: 'Acknowledgement', behind: STATUS }),
  ridText(null, { msgType: 'Acknowledgement', behind: STATUS.replace('Approved', 'Denied') }),
  ridText(null, { msgType: 'Acknowledgement', behind: STATUS.replace('Approved', 'Pending') }),
  ridText(null, { msgType: 'Result' }),
  '<html><body>AuthorizationStatus="Approved"</body></html>',
  '{"status":"ok"}',
  'OK',
  ' \r\n',
  '<problem xmlns="urn:ietf:rfc:7807"><title>no</title><detail>because</detail></problem>',
]

function reply(c: Chance, seeds: readonly string[]): { bytes: Uint8Array; charset?: string } {
  const text = mutated(c, seeds[c.int(seeds.length - 1)] ?? '', 4, seeds)
  const encoded = encode(c, text)
  return c.once(8) ? { ...encoded, bytes: damage(c, encoded.bytes) } : encoded
}

function responseOf(c: Chance, body: Uint8Array): PeerResponse {
  return {
    status: c.once(3) ? c.pick([201, 202, 204, 206, 301, 307, 400, 403, 404, 408, 413, 429, 500, 502, 503, 599]) : 200,
    contentType: c.pick([
      'text/xml',
      'text/html',
      'application/problem+xml',
      'application/problem+json',
      undefined,
      '\u0000;;',
    ]),
    retryAfter: c.pick([undefined, '10', '-1', '99999999999999999999', 'Thu, 26 Nov 2026 00:00:00 GMT', 'x']),
    callbackToken: c.pick([undefined, 'abc', 'ä', 'x'.repeat(300)]),
    body,
  }
}

/** As the sender judges it, to a Report. */
async function judge(
  reader: ReturnType<typeof createFuzzReader>,
  response: PeerResponse,
  bytes: Uint8Array,
  charset: string | undefined,
): Promise<SendOutcome> {
  const asked = { request: 'Report', replies: 'strict' } as const
  if (response.status >= 300) return refusedOutcome(response, 0)
  if (isBlank(bytes)) return bodilessOutcome(response, asked).outcome
  return repliedOutcome(response, await reader.readReply(bytes, 'peer', charset), asked).outcome
}

function flawsOf(outcome: SendOutcome, { status }: PeerResponse, bytes: Uint8Array): string[] {
  const flaws: string[] = []
  const text = Buffer.from(bytes).toString('latin1').replaceAll('\0', '')
  if (outcome.kind === 'delivered') {
    if (status >= 300) flaws.push('delivered though refused')
    if (!isBlank(bytes) && !/RID/.test(text)) flaws.push('delivered by what is no RID message')
    if (/AuthorizationStatus="Denied"/.test(text) && !/Approved|Pending|ext-value/.test(text))
      flaws.push('delivered though denied')
  }
  const said = JSON.stringify(outcome)
  if (said.length > LONGEST) flaws.push('a reason that nobody reads to its end')
  const shown = 'reason' in outcome ? outcome.reason : (outcome.note?.text ?? '')
  if (/\p{Cc}/u.test(shown)) flaws.push('a reason with control characters')
  if (outcome.kind === 'retry' && !(outcome.retryAfter === undefined || Number.isFinite(outcome.retryAfter)))
    flaws.push('a time that never comes')
  return flaws
}
