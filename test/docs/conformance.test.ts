import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { page, ROOT } from './markdown.ts'
import { hasTest } from './test-names.ts'

const STATES = ['met', 'not met', 'not applicable']

interface Row {
  readonly clause: string
  readonly where: string
  readonly state: string
  readonly rest: string
}

function rowsOf(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| clause |'))
    .map((line) => {
      const [clause = '', where = '', state = '', rest = '', ...more] = line.split(/(?<!\\)\|/).slice(1, -1)
      assert.deepEqual(more, [], `four cells: ${line}`)
      return { clause: clause.trim(), where: where.trim(), state: state.trim(), rest: rest.trim() }
    })
}

/** The tests that a row names: a file and the name behind it. */
function testsOf({ rest }: Row): { readonly file: string; readonly name: string }[] {
  return rest.split('<br>').flatMap((one) => {
    const [, file = '', name = ''] = /^`(test\/[\w./-]+\.test\.ts)`: (.+)$/.exec(one) ?? []
    return file === '' ? [] : [{ file, name: name.replaceAll('\\|', '|') }]
  })
}

describe('docs/conformance.md', () => {
  const rows = rowsOf(page('docs/conformance.md'))

  test('has a row for each clause, with its section and a state that there is', () => {
    assert.ok(rows.length > 250, `${rows.length} rows`)
    for (const { clause, where, state } of rows) {
      assert.ok(clause.length > 2 && where.length > 0, clause)
      assert.ok(STATES.includes(state), `${clause}: ${state}`)
    }
    const keys = rows.map(({ clause, where }) => `${clause} ${where}`)
    assert.deepEqual(
      keys.filter((key, i) => keys.indexOf(key) !== i),
      [],
      'none twice',
    )
  })

  test('names a test for what is met, and the reason for what is not', () => {
    for (const row of rows) {
      const tests = testsOf(row)
      if (row.state === 'met') assert.equal(tests.length, row.rest.split('<br>').length, `${row.clause}: ${row.rest}`)
      else assert.ok(tests.length === 0 && row.rest.length > 3, `${row.clause}: a reason`)
    }
  })

  test('names tests that are there', () => {
    const absent = rows
      .flatMap(testsOf)
      .filter(({ file, name }) => !existsSync(join(ROOT, file)) || !hasTest(file, name))
    assert.deepEqual(absent, [])
  })

  test('would not take a test for there that is not', () => {
    assert.ok(hasTest('test/rid/contradictions.test.ts', 'an A-label'))
    assert.ok(!hasTest('test/rid/contradictions.test.ts', 'a B-label'))
    assert.ok(hasTest('test/relay/accept.test.ts', 'denied, nothing stored: no document'))
    assert.ok(!hasTest('test/relay/accept.test.ts', 'denied, nothing stored: no documents at all'))
  })
})
