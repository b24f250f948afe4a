import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { parseSource, readSource } from '../../src/config/read.ts'

const folder = mkdtempSync(join(tmpdir(), 'read-'))
after(() => rmSync(folder, { recursive: true }))

function wrong(text: string): string[] {
  const { source, problems } = parseSource(text)
  assert.equal(source, undefined)
  return problems.map(({ message, line }) => `${line ?? '-'}: ${message}`)
}

describe('YAML', () => {
  test('knows the line of each key and entry, and of the nearest thing around what is not there', () => {
    const { source } = parseSource('# first\nrid:\n  name: x\npeers:\n  - name: a\n    url: u\n  -\n    name: b\n')
    assert.ok(source)
    assert.equal(source.line(['rid']), 2)
    assert.equal(source.line(['rid', 'name']), 3)
    assert.equal(source.line(['rid', 'tls', 'cert']), 2)
    assert.equal(source.line(['peers', 0, 'url']), 6)
    assert.equal(source.line(['peers', 1]), 8)
    assert.equal(source.line(['peers', 7]), 4)
    assert.equal(source.line(['grid']), undefined)
    assert.equal(source.line([]), undefined)
  })

  test('that is not YAML is told with its line, each mistake once', () => {
    const [one, ...more] = wrong('rid:\n  name: "open\n')
    assert.match(one ?? '', /^\d: is not good YAML: /)
    assert.deepEqual(more, [])
    const brackets = wrong(`a: ${'['.repeat(1_000)}`)
    assert.ok(brackets.length < 20, String(brackets.length))
    assert.equal(new Set(brackets).size, brackets.length)
  })

  test('with a key written twice is refused', () => {
    assert.match(wrong('a: 1\nb: 2\na: 3\n').join(), /^3: is not good YAML: "a" stands there twice/)
  })

  test('without end, or far too deep, is refused with words', () => {
    assert.deepEqual(wrong('a: &x\n  b: *x\n'), ['-: is not good YAML: an alias (*) stands inside what it names'])
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefg'
      .split('')
      .map((key, i) => `${key}: &${key} [${Array(9).fill(`*${'abcdefg'[i]}`).join()}]`)
      .join('\n')}\n`
    assert.match(wrong(bomb).join(), /^-: is not good YAML: .*alias/i)
  })

  test('that is no mapping says what is wanted', () => {
    for (const text of ['', '- a\n', 'just text\n', '7\n', 'null\n'])
      assert.deepEqual(wrong(text), ['-: must be a mapping with the keys rid, peers, grid, routes, store'], text)
  })

  test('may name a thing twice', () => {
    assert.deepEqual(parseSource('a: &x { b: 1 }\nc: *x\n').source?.value, { a: { b: 1 }, c: { b: 1 } })
  })
})

describe('the file', () => {
  test('is read as UTF-8, up to 1 MiB', () => {
    const file = join(folder, 'good.yaml')
    writeFileSync(file, `a: é\n${'#'.repeat(1_048_576 - 6)}`)
    assert.deepEqual(readSource(file).source?.value, { a: 'é' })
    writeFileSync(file, `a: é\n${'#'.repeat(1_048_576 - 5)}`)
    assert.deepEqual(readSource(file).problems, [{ path: '', message: `cannot read ${file}: it is larger than 1 MiB` }])
  })

  test('that cannot be read is a problem in words', () => {
    assert.deepEqual(readSource(join(folder, 'none.yaml')).problems, [
      { path: '', message: `cannot read ${join(folder, 'none.yaml')}: no such file or directory` },
    ])
    assert.deepEqual(readSource(folder).problems, [{ path: '', message: `cannot read ${folder}: it is a directory` }])
    const latin1 = join(folder, 'latin1.yaml')
    writeFileSync(latin1, Buffer.from('b: 1\na: \xe9\n', 'latin1'))
    const [problem] = readSource(latin1).problems
    assert.match(problem?.message ?? '', /^is not UTF-8: .*iconv -f LATIN1 -t UTF-8/)
    assert.equal(problem?.line, 2)
  })

  test('that never ends does not fill the memory', () => {
    assert.match(readSource('/dev/zero').problems[0]?.message ?? '', /it is larger than 1 MiB/)
  })
})
