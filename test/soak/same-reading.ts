import { isDeepStrictEqual } from 'node:util'
import type { GridItem } from '../../src/grid/contract.ts'
import { decodeDocument } from '../../src/reading/decode-document.ts'
import type { ReadOptions } from '../../src/reading/inspection.ts'
import { readPlainDocument } from '../../src/reading/plain-document.ts'
import { readPlainItem } from '../../src/reading/plain-item.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { parsedText } from '../../src/reading/well-formed.ts'
import type { Chance } from '../support/arbitraries.ts'
import { schemas } from '../support/documents.ts'
import { sample } from './fuzz-reader.ts'
import { encode, mutated, seedTexts, someText } from './fuzz-seeds.ts'
import { forgedItem } from './item-forgery.ts'
import { createChance } from './mutate.ts'
import { createFailures, type Findings, type ProofOptions } from './proof.ts'

const OPTIONS: readonly [ReadOptions, ...ReadOptions[]] = [
  {},
  {},
  { charset: 'utf-8' },
  { strict: true },
  { terms: true, lenient: true },
  { old: true },
  { part: true },
  { advice: true, lenient: false },
  { question: true },
]

/**
 * `count` documents, messages and items as peers and publishers could send them: what the one walk over libxml2's tree finds is what the
 * steps find, field by field.
 */
export async function sameReading({
  count,
  seed,
  say,
}: Pick<ProofOptions, 'count' | 'seed' | 'say'>): Promise<Findings> {
  const failures = createFailures()
  const c = createChance(seed)
  const seeds = seedTexts()
  const earlier: GridItem[] = []
  const figures = { valid: 0, plain: 0, 'plain items': 0 }
  for (let n = 0; n < count; n += 1) {
    const { bytes, charset } = some(c, n, seeds, earlier)
    const options = { ...c.pick(OPTIONS), ...(charset !== undefined && { charset }) }
    const quick = readDocument(schemas(), bytes, options)
    const careful = readDocument(schemas(), bytes, { ...options, careful: true })
    if (!isDeepStrictEqual(quick, careful)) {
      failures.add('not the same', `input ${n} of seed ${seed}, ${JSON.stringify(options)}, ${sample(bytes)}`)
    }
    if (careful.valid) figures.valid += 1
    if (careful.valid && isPlain(bytes, options)) figures[careful.item === null ? 'plain' : 'plain items'] += 1
    if (n % 10_000 === 0) say(`${n} of ${count}, ${JSON.stringify(figures)}`)
  }
  return { failures: failures.all(), figures: { 'read twice': count, ...figures } }
}

function some(
  c: Chance,
  n: number,
  seeds: readonly string[],
  earlier: GridItem[],
): { readonly bytes: Uint8Array; readonly charset?: string } {
  if (c.once(3)) {
    const item = forgedItem(c, n, seeds, earlier)
    earlier[c.int(Math.min(200, earlier.length))] = item
    return { bytes: Buffer.from(item.xml) }
  }
  return encode(c, mutated(c, someText(c, n, seeds), 3, seeds))
}

function isPlain(bytes: Uint8Array, options: ReadOptions): boolean {
  const decoded = decodeDocument(bytes, options.charset)
  if (!decoded.ok) return false
  const parsed = parsedText(decoded.text, decoded.utf8)
  if (!parsed.ok) return false
  using source = parsed
  return (
    (readPlainDocument(schemas(), source, options, () => true) ?? readPlainItem(schemas(), source, options)) !==
    undefined
  )
}
