import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CONFIG, count, nothingMore, parse, required } from '../../src/cli/options.ts'
import { UsageError } from '../../src/cli/output.ts'

const OPTIONS = {
  ...CONFIG,
  json: { type: 'boolean' },
  limit: { type: 'string' },
  topic: { type: 'string', multiple: true },
} as const
const parsed = (...args: string[]) => {
  const { values, positionals } = parse(args, OPTIONS)
  return { ...values, positionals }
}
function refused(...args: string[]): string {
  try {
    parse(args, OPTIONS)
  } catch (error) {
    assert.ok(error instanceof UsageError)
    return error.message
  }
  return 'taken'
}

describe('the options of a command', () => {
  test('are read in every form there is', () => {
    assert.deepEqual(parsed('-c', 'a.yaml', 'x', '--json', '--limit=3'), {
      config: 'a.yaml',
      json: true,
      limit: '3',
      positionals: ['x'],
    })
    assert.deepEqual(parsed('--config=a', '--topic', 'a', '--topic', 'b', '--', '--json'), {
      config: 'a',
      topic: ['a', 'b'],
      positionals: ['--json'],
    })
  })

  test('that are not there are told with what was meant', () => {
    assert.equal(refused('--confg', 'x'), 'there is no option --confg (did you mean "--config"?)')
    assert.equal(refused('--zzz'), 'there is no option --zzz')
    assert.equal(refused('-x'), 'there is no option -x')
  })

  test('need their value, which is no option', () => {
    assert.equal(refused('--config'), '--config needs a value')
    assert.equal(refused('-c'), '--config needs a value')
    assert.equal(refused('--limit', '--json'), '--limit needs a value, and "--json" is an option')
    assert.equal(refused('-c', '-x'), '--config needs a value, and "-x" is an option')
    assert.equal(refused('--json=yes'), '--json takes no value')
  })

  test('take a negative number for a value: whoever reads it says what is wrong with it', () => {
    assert.equal(parsed('--limit', '-1').limit, '-1')
    assert.deepEqual(parsed('--limit', '-1', '--json', 'x'), { limit: '-1', json: true, positionals: ['x'] })
  })
})

describe('an argument', () => {
  test('that is required is there', () => {
    assert.equal(required('x', 'FILE'), 'x')
    for (const value of [undefined, '']) assert.throws(() => required(value, 'FILE'), { message: 'FILE is missing' })
  })

  test('too many is told', () => {
    nothingMore([])
    assert.throws(() => nothingMore(['a', 'b']), { message: '"a" is one argument too many' })
  })

  test('that is a number is whole and at least 1', () => {
    assert.equal(count(undefined, '--count'), undefined)
    assert.equal(count('1', '--count'), 1)
    assert.equal(count('999999999', '--count'), 999_999_999)
    for (const value of ['0', '-1', '1.5', '1e3', '', ' 1', '01', '1000000000', 'x'])
      assert.throws(() => count(value, '--count'), { message: '--count takes a number from 1' }, value)
  })
})
