import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { missingFrom, strictest } from '../../src/iodef/restriction.ts'
import { RESTRICTIONS } from '../../src/vocabulary.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { runs } from '../support/arbitraries.ts'
import { additionalData, documentText, IODEF1, incidentText, ridText } from '../support/documents.ts'
import { neededBy } from '../support/trees.ts'

const needed = (text: string) => neededBy(scan(text))
const withAttribute = (attributes: string, content = '') => documentText([incidentText({ attributes, content })])

const WORDS: readonly [written: string, needed: readonly string[]][] = [
  ['public', ['public']],
  ['white', ['public']],
  ['partner', ['partner']],
  ['green', ['partner']],
  ['need-to-know', ['need-to-know']],
  ['amber', ['need-to-know']],
  ['private', ['private']],
  ['red', ['private']],
  ['ext-value', ['private']],
  ['something-new', ['private']],
  ['', ['private']],
  ['constructor', ['private']],
  [' public ', ['public']],
  ['default', ['default']],
]

for (const [written, labels] of WORDS) {
  test(`an Incident that says "${written}" needs ${labels}`, () => {
    assert.deepEqual(needed(withAttribute(` restriction="${written}"`)), labels)
  })
}

test('a word of somebody\'s own is private, though its "ext-value" was forgotten', () => {
  assert.deepEqual(needed(withAttribute(' restriction="public"')), ['public'])
  const content = '<EventData ext-restriction="eyes only"><Description>a</Description></EventData>'
  assert.deepEqual(needed(withAttribute(' restriction="public"', content)), ['private'])
})

test('every word against every list of one word', () => {
  const degree = (word: string) => needed(withAttribute(` restriction="${word}"`))[0]
  for (const word of RESTRICTIONS) {
    for (const listed of RESTRICTIONS) {
      const passes = missingFrom([listed], needed(withAttribute(` restriction="${word}"`))) === undefined
      assert.equal(passes, degree(word) === degree(listed), `${word} where ${listed} is listed`)
    }
    assert.equal(missingFrom([], needed(withAttribute(` restriction="${word}"`))) === undefined, false)
  }
})

test('an Incident without the attribute is private, whatever its parts say', () => {
  const content = '<EventData restriction="public"><Description>a</Description></EventData>'
  assert.deepEqual(needed(withAttribute('', content)), ['private'])
  assert.deepEqual(needed(documentText([incidentText(), incidentText({ attributes: '' })])), ['private'])
})

const PARTS: readonly [name: string, text: string, labels: readonly string[]][] = [
  ['a stricter part', withAttribute(' restriction="public"', '<EventData restriction="amber"/>'), ['need-to-know']],
  ['a laxer part', withAttribute(' restriction="green"', '<EventData restriction="public"/>'), ['partner']],
  ['a part without the attribute', withAttribute(' restriction="green"', '<EventData/>'), ['partner']],
  [
    'a part with default',
    withAttribute(' restriction="public"', '<EventData restriction="default"/>'),
    ['public', 'default'],
  ],
  [
    'default around a stricter part',
    withAttribute(' restriction="default"', '<History restriction="red"/>'),
    ['private', 'default'],
  ],
  [
    'the IncidentID',
    documentText([incidentText().replace('<IncidentID ', '<IncidentID restriction="red" ')]),
    ['private'],
  ],
  [
    'AdditionalData itself',
    withAttribute(' restriction="public"', additionalData('', ' dtype="xml" restriction="red"')),
    ['private'],
  ],
  [
    'AdditionalData of the document',
    documentText([incidentText()], '', additionalData('', ' dtype="xml" restriction="amber"')),
    ['need-to-know'],
  ],
  [
    'an Incident inside an Observable',
    withAttribute(' restriction="public"', `<Observable>${incidentText({ attributes: '' })}</Observable>`),
    ['private'],
  ],
  [
    'IODEF inside extension content',
    withAttribute(
      ' restriction="public"',
      additionalData('<x xmlns="urn:x"><Contact xmlns="urn:ietf:params:xml:ns:iodef-2.0" restriction="amber"/></x>'),
    ),
    ['need-to-know'],
  ],
  [
    'IODEF 1 inside extension content',
    withAttribute(' restriction="public"', additionalData(`<Incident xmlns="${IODEF1}"/>`)),
    ['private'],
  ],
  [
    'an unknown word beside known ones',
    withAttribute(' restriction="public"', '<Odd restriction="constructor"/>'),
    ['private'],
  ],
  [
    'an attribute of another vocabulary',
    withAttribute(' restriction="public"', additionalData('<x xmlns="urn:x" restriction="red"/>')),
    ['public'],
  ],
  [
    'an attribute of another namespace',
    withAttribute(' restriction="public" xmlns:x="urn:x" x:restriction="red"'),
    ['public'],
  ],
  ['RIDPolicy', ridText(documentText(), { policyAttributes: ' restriction="private"' }), ['private']],
  [
    'RIDPolicy with default',
    ridText(documentText(), { policyAttributes: ' restriction="default"' }),
    ['public', 'default'],
  ],
  ['XMLDocument', ridText(documentText(), { documentAttributes: ' restriction="need-to-know"' }), ['need-to-know']],
  [
    'the IncidentID of RIDPolicy',
    ridText(documentText(), {
      incidentId: `<IncidentID xmlns="${IODEF1}" name="a" restriction="private">1</IncidentID>`,
    }),
    ['private'],
  ],
  [
    'IncidentSource',
    ridText(documentText(), {
      behind: '<IncidentSource restriction="need-to-know"><SourceFound>true</SourceFound></IncidentSource>',
    }),
    ['need-to-know'],
  ],
  ['no restriction anywhere, nor an Incident', ridText(null), ['private']],
]

for (const [name, text, labels] of PARTS) {
  test(`what counts: ${name}`, () => assert.deepEqual(needed(text), labels))
}

test('what several parts need together passes where each of them passes', () => {
  const word = fc.constantFrom(...RESTRICTIONS)
  const document = fc
    .array(word, { minLength: 1, maxLength: 3 })
    .map((words) => needed(documentText(words.map((w) => incidentText({ attributes: ` restriction="${w}"` })))))
  fc.assert(
    fc.property(fc.array(document, { minLength: 1, maxLength: 3 }), fc.subarray([...RESTRICTIONS]), (lists, listed) => {
      const strict = (labels: readonly string[]) =>
        Math.max(...labels.map((l) => ['public', 'partner', 'need-to-know', 'private'].indexOf(l)))
      const together = strictest(lists)
      assert.equal(strict(together), Math.max(...lists.map(strict)))
      assert.equal(
        together.includes('default'),
        lists.some((l) => l.includes('default')),
      )
      if (missingFrom(listed, together) === undefined) {
        const top = lists.filter((l) => strict(l) === strict(together))
        assert.ok(top.every((l) => missingFrom(listed, l) === undefined))
      }
    }),
    runs(60),
  )
})
