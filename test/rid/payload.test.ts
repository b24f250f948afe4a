import assert from 'node:assert/strict'
import { test } from 'node:test'
import { payloadOf } from '../../src/rid/payload.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { documentText, ridText } from '../support/documents.ts'

const of = (content: string | null, msgType = 'Report') => payloadOf(scan(ridText(content, { msgType })))

test('a document lacks nothing, and has nothing beside it', () => {
  const { documents, lacks, beside, isEmpty } = of(`\n <!-- kept apart --> ${documentText()}\n`)
  assert.deepEqual([documents.length, lacks, beside, isEmpty], [1, null, [], false])
})

test('what stands beside a document is named once, text without what it says', () => {
  const x = '<x xmlns="urn:x">secret</x>'
  assert.deepEqual(of(`secret ${x}${documentText()}${x}<y xmlns=""/>`).beside, [
    'x (namespace "urn:x")',
    'y (no namespace)',
    'text',
  ])
})

test('a Query and an Acknowledgement may do without, but not with something else', () => {
  for (const msgType of ['Query', 'Acknowledgement']) {
    assert.equal(of(null, msgType).lacks, null)
    assert.equal(of(' ', msgType).lacks, null)
    assert.match(of('<x xmlns="urn:x"/>', msgType).lacks ?? '', /XMLDocument holds x/)
  }
  assert.match(of(null).lacks ?? '', /no ReportSchema with an XMLDocument/)
  assert.match(of('').lacks ?? '', /XMLDocument is empty/)
})

test('the first wrapped document is found, and told with its line', () => {
  assert.match(
    of(`<a xmlns="urn:a">\n<b>${documentText()}</b></a>`).lacks ?? '',
    /one stands inside a \(namespace "urn:a"\), in line 2/,
  )
})

test('names of strangers are short', () => {
  const { lacks } = of(`<${'x'.repeat(5000)} xmlns="urn:${'y'.repeat(500)}"/>`)
  assert.ok((lacks ?? '').length < 250, String(lacks?.length))
})
