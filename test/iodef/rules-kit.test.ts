import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { childrenNamed, isFqdn, must, note, unset, value } from '../../src/iodef/rules-kit.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'

describe('a fully qualified domain name', () => {
  test('has at least two labels of letters, digits and inner hyphens, of any script', () => {
    for (const name of [
      'csirt.example',
      'a.b',
      'x-1.example.',
      '_dmarc.example',
      'tým.příklad',
      '例え.テスト',
      'हिन्दी.example',
    ])
      assert.ok(isFqdn(name), name)
    for (const name of [
      '',
      'csirt',
      '.',
      'a.',
      '.a',
      'a..b',
      '-a.example',
      'a-.example',
      'a b.example',
      'a.b..',
      'a/b.c',
    ])
      assert.ok(!isFqdn(name), name)
  })

  test('has labels of 63 characters and 254 in all, at most', () => {
    const label = 'x'.repeat(63)
    assert.ok(isFqdn(`${label}.example`))
    assert.ok(!isFqdn(`x${label}.example`))
    const long = `${label}.${label}.${label}.${'x'.repeat(61)}.`
    assert.equal(long.length, 254)
    assert.ok(isFqdn(long))
    assert.ok(!isFqdn(`${long}x`))
    assert.ok(!isFqdn(`${long.slice(0, -1)}.x`))
  })
})

describe('attributes', () => {
  const element = scan(`<x xmlns:p="urn:p" a=" v\n" b=" " c="" p:d="1" e="\u00a0v"/>`)
  test('have values without the white space around them', () => {
    assert.equal(value(element, 'a'), 'v')
    assert.equal(value(element, 'b'), '')
    assert.equal(value(element, 'e'), '\u00a0v')
    for (const name of ['d', 'f']) assert.equal(value(element, name), undefined)
  })

  test('are unset where they are absent or say nothing', () => {
    for (const name of ['b', 'c', 'd', 'f']) assert.ok(unset(element, name), name)
    for (const name of ['a', 'e']) assert.ok(!unset(element, name), name)
  })
})

test('children are those of IODEF 2 of these names, in document order', () => {
  const element = scan(`<x xmlns="${NS.iodef2}"><b/>text<a/><a xmlns="${NS.iodef1}"/><c/><b n="2"><a/></b></x>`)
  assert.deepEqual(
    childrenNamed(element, 'a', 'b').map(({ local }) => local),
    ['b', 'a', 'b'],
  )
  assert.deepEqual(childrenNamed(element), [])
})

test('a breach of a MUST is told from a note', () => {
  assert.deepEqual(must('r', '§1', 't'), [{ rule: 'r', section: '§1', text: 't', must: true }])
  assert.deepEqual(note('r', '§1', 't'), [{ rule: 'r', section: '§1', text: 't', must: false }])
})
