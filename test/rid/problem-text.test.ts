import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Problem } from '../../src/rid/contract.ts'
import { problemText } from '../../src/rid/problem-text.ts'
import { renderProblem } from '../../src/rid/problems.ts'
import { refusedOutcome } from '../../src/rid/reply-outcome.ts'
import { anyText, runs } from '../support/arbitraries.ts'

const XML = 'application/problem+xml'
const JSON_TYPE = 'application/problem+json; charset=utf-8'
const ID = '0b5e9c3a-0000-4000-8000-000000000000'
const at = (type: string, text: string) => problemText(type, Buffer.from(text))

const INVALID: Problem = {
  status: 400,
  title: 'Not a valid RID message',
  detail: 'The body is <not> valid.',
  errors: [
    { line: 3, column: 3, message: 'Element \'Incident\': "x" & {urn:y}z is not expected.' },
    { line: 0, column: 0, message: 'no place\nat all \\' },
    { line: 5, column: 0, message: 'a line only' },
    { line: 9, column: 9, message: 'the fourth' },
  ],
  more: 7,
}
const WORDS =
  'Not a valid RID message: The body is <not> valid; line 3, column 3: Element \'Incident\': "x" & {urn:y}z is not expected; ' +
  'no place\\u000aat all \\; line 5: a line only; and more'

for (const [accept, name] of [
  [undefined, 'XML'],
  ['application/json', 'JSON'],
] as const) {
  test(`a refusal by problem details in ${name} is told in words, not as a document without its tags`, () => {
    const { contentType, body } = renderProblem(INVALID, ID, accept)
    assert.equal(problemText(contentType, body), WORDS)
    const response = { status: 400, contentType, body, retryAfter: undefined, callbackToken: undefined }
    assert.deepEqual(refusedOutcome(response, 0), { kind: 'hold', reason: `The peer answered HTTP 400: ${WORDS}` })
  })

  test(`problem details in ${name} longer than what is read say their first errors`, () => {
    const errors = Array.from({ length: 100 }, (_, i) => ({ line: i + 1, column: 1, message: 'x'.repeat(60) }))
    const { contentType, body } = renderProblem({ status: 400, title: 'T', errors }, ID, accept)
    const x = 'x'.repeat(60)
    assert.equal(
      problemText(contentType, body),
      `T; line 1, column 1: ${x}; line 2, column 1: ${x}; line 3, column 1: ${x}; and more`,
    )
  })

  test(`problem details in ${name} without errors are title and detail`, () => {
    const { contentType, body } = renderProblem({ status: 403, title: 'Forbidden', detail: 'Who are you?' }, ID, accept)
    assert.equal(problemText(contentType, body), 'Forbidden: Who are you?')
    const short = renderProblem({ status: 403, title: 'Forbidden' }, ID, accept)
    assert.equal(problemText(short.contentType, short.body), 'Forbidden')
  })
}

const others: [string, string, string][] = [
  [XML, '<problem><title xml:lang="en">\n Zu groß &#x1f600;\n</title></problem>', 'Zu groß \u{1f600}'],
  [
    XML,
    '<problem><detail>&#27;[2J &#x110000; &nbsp; &amp;lt; &#xd800;</detail></problem>',
    '[2J \ufffd &nbsp; &lt; \ufffd',
  ],
  [XML, '<problem><errors><i><detail>one</detail></i></errors><title>T</title></problem>', 'T; one'],
  [XML, '<problem><title>cut of', 'cut of'],
  [XML, '<oops>some &lt;text', 'some <text'],
  [XML, '', ''],
  [JSON_TYPE, '{"title":"A\\u001b\\"B\\"\\ud83d\\ude00\\ud83d","detail":"cut of', 'A "B"\u{1f600}\ufffd: cut of'],
  [JSON_TYPE, '{"errors":{"field":["bad"]},"title":"T"}', 'T'],
  [JSON_TYPE, '{"errors":[{"detail":"must be } or {","pointer":"#/a"}],"title":"T"}', 'T; must be } or {'],
  [JSON_TYPE, '{"title":{},"detail":null}', '{"title":{},"detail":null}'],
  ['text/xml', '<title>our own message</title>', ''],
  ['application/problem+xmlfoo', '<title>x</title>', ''],
]
for (const [type, text, expected] of others) {
  test(`problem text of ${JSON.stringify(text)}`, () => assert.equal(at(type, text), expected))
}

test('whatever a peer writes, the text is one short line without control characters', () => {
  const piece = fc.constantFrom(
    ...[
      '<',
      '>',
      '<i>',
      '</i>',
      '<errors>',
      '<title>',
      '<reason>',
      '<line>',
      '&',
      '&#',
      'x',
      ';',
      '9',
      '&#x0;',
      '&lt;',
    ],
    ...[
      '{',
      '}',
      '"',
      '\\',
      '\\u',
      'd800',
      '"errors":[',
      '"title":"',
      '"reason":"',
      ',',
      '\u0000',
      '\u202e',
      '\n',
      'é',
    ],
  )
  const type = fc.constantFrom(XML, JSON_TYPE)
  const text = fc.oneof(
    fc.array(piece, { maxLength: 80 }).map((pieces) => pieces.join('')),
    anyText(),
  )
  fc.assert(
    fc.property(type, text, (contentType, written) => {
      const words = at(contentType, written)
      assert.ok(words.length <= 400 && words.isWellFormed())
      assert.doesNotMatch(words, /\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/u)
    }),
    runs(50),
  )
})

test('no problem document keeps its reader busy', () => {
  const began = process.cpuUsage()
  for (const piece of [
    '<',
    '<i>',
    '<i ',
    '<title ',
    '&#',
    '<errors><i>',
    '{',
    '"',
    '\\',
    '{"',
    '"errors":[',
    '"title":',
    '{{"a',
  ]) {
    for (const head of ['', '<errors>', '"errors":[']) {
      assert.ok(at(XML, head + piece.repeat(1_000_000)).length <= 400)
      assert.ok(at(JSON_TYPE, head + piece.repeat(1_000_000)).length <= 400)
    }
  }
  // its own work, whatever else the machine does
  const { user } = process.cpuUsage(began)
  assert.ok(user < 5_000_000, `${user} µs`)
})
