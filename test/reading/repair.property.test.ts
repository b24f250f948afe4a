import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { labelOf } from '../../src/iodef/restriction.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { type Chance, runs, withChance } from '../support/arbitraries.ts'
import { ridText, schemas } from '../support/documents.ts'
import { EFFORT } from '../support/effort.ts'
import { iodefDocument } from '../support/iodef-arbitrary.ts'

const STRICTNESS = ['public', 'partner', 'need-to-know', 'private']

/** What tools do to a document, and what nobody does. */
const FLAWS: readonly ((text: string, c: Chance) => string)[] = [
  (text) => `<!DOCTYPE IODEF-Document>${text}`,
  (text, c) => text.replace('iodef-2.0', c.pick(['iodef-2.0/', 'IODEF-2.0', 'iodef-1.42', 'iodef-3.0'])),
  (text) => text.replace('xmlns="urn:ietf:params:xml:ns:iodef-2.0"', ''),
  (text, c) => text.replace('2.00', c.pick(['2', 'v2.0', '1.00', '2.000', '3'])),
  (text, c) => text.replace('xml:lang', c.pick(['lang', 'Lang'])),
  (text, c) => text.replace(/(\d\d:\d\d:\d\d)Z/, c.pick(['$1+0200', '$1z', '$1', '$1+02', '$1EST'])),
  (text, c) => text.replace(/T(\d\d:)/, c.pick([' $1', 't$1', '  $1'])),
  (text, c) =>
    text.replace(
      /restriction="[^"]*"/,
      `restriction="${c.pick(['PUBLIC', 'Amber', 'tlp:clear', '', 'ext-x', 'white'])}"`,
    ),
  (text) => text.replace(/purpose="[^"]*"/, 'purpose="Reporting"'),
  (text) => text.replace(' type="organization"', ''),
  (text) => text.replace(/(<GenerationTime>[^<]*<\/GenerationTime>)(.*)<\/Incident>/s, '$2$1</Incident>'),
  (text) => text.replaceAll(' dtype="xml"', ''),
  (text, c) =>
    text.slice(0, c.int(text.length)) + c.pick(['<', '"', ' x="y"', '<a/>']) + text.slice(c.int(text.length)),
]

const flawed = withChance((c: Chance): string => {
  let { text } = iodefDocument(c, 2)
  if (c.once(3)) text = ridText(text, { msgType: c.pick(['report', 'REPORT', 'Acknowledgment']) })
  for (let flaws = 1 + c.int(3); flaws > 0; flaws -= 1) text = c.pick(FLAWS as [(typeof FLAWS)[0]])(text, c)
  return text
})

test('what was repaired is valid, says so again, and is never looser than it was written', () => {
  let repaired = 0
  fc.assert(
    fc.property(flawed, (text) => {
      const found = readDocument(schemas(), Buffer.from(text), { lenient: true })
      if (found.repairs === undefined || found.document === null) return
      repaired += 1
      const again = readDocument(schemas(), Buffer.from(found.document.xml))
      assert.ok(again.valid, JSON.stringify(again.errors))
      assert.deepEqual(again.document?.xml, found.document.xml)
      const needed = STRICTNESS.findLast((label) => found.document?.needed.includes(label as never)) ?? 'public'
      for (const [, written = ''] of text.matchAll(/<(?:Incident|Contact|EventData)\b[^>]* restriction="([^"]*)"/g)) {
        const label = labelOf(written)
        if (label === 'default') continue
        assert.ok(STRICTNESS.indexOf(needed) >= STRICTNESS.indexOf(label), `${written} became ${needed}`)
      }
      const published = again.document?.alone ?? []
      assert.deepEqual(published, found.document.alone)
    }),
    runs(150),
  )
  assert.ok(repaired > 10 * EFFORT, `${repaired} were repaired`)
})
