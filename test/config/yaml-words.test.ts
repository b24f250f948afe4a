import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineCounter, parseDocument } from 'yaml'
import { yamlWords } from '../../src/config/yaml-words.ts'

function told(text: string): string[] {
  const lineCounter = new LineCounter()
  const { errors } = parseDocument(text, { lineCounter, prettyErrors: false })
  return yamlWords(errors, text, lineCounter).map(({ line, message }) => `${line}: ${message}`)
}

test('tells the first mistake of syntax, and nothing that follows from it', () => {
  assert.deepEqual(told('a:\n  b: 1\n   c: 2\nd: [1}\n'), [
    '3: this line is indented by 3, the one before it by 2: keys that belong together begin at the same column',
  ])
})

test('tells every key that stands there twice', () => {
  assert.equal(told('a: 1\nb: 2\na: 3\nb: 4\n').length, 2)
})

test('says what a parser says only to those who know its grammar', () => {
  assert.match(told('a:1\nb: 2\n').join(), /^1: behind the colon of a key there must be a space: "a: 1"$/)
  assert.match(told('a: b: c\n').join(), /^1: a key cannot stand here: .* lacks quotes$/)
  assert.match(told('a: { b: 1\nc: 2\n').join(), /must end with \}, as \{ a: b \}$/)
  assert.match(told('a:\n\tb: 1\n').join(), /^2: a tab stands/)
})

test('takes the words of the parser where they will do', () => {
  assert.match(told('a: "open\n').join(), /^\d: Missing closing "quote$/)
})
