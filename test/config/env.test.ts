// biome-ignore-all lint/suspicious/noTemplateCurlyInString: `${NAME}` in plain text is what is tested
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { expand, soleVariable } from '../../src/config/env.ts'
import type { Finding, Path } from '../../src/config/problems.ts'

const ENV = { HOST: '192.0.2.1', NESTED: '${HOST}', EMPTY: '', ABSENT: undefined }

function expanded(value: unknown, keep: (path: Path) => boolean = () => false) {
  const problems: Finding[] = []
  return { value: expand(value, ENV, problems, keep), problems }
}

describe('environment variables', () => {
  test('are put into strings wherever they stand, several in one', () => {
    const { value, problems } = expanded({ a: ['${HOST}:${HOST}', { b: 'x${EMPTY}y' }], n: 1, t: true, nothing: null })
    assert.deepEqual(value, { a: ['192.0.2.1:192.0.2.1', { b: 'xy' }], n: 1, t: true, nothing: null })
    assert.deepEqual(problems, [])
  })

  test('are not put into keys, and what they hold is not expanded again', () => {
    assert.deepEqual(expanded({ '${HOST}': '${NESTED}' }).value, { '${HOST}': '${HOST}' })
  })

  test('are text when the dollar is doubled', () => {
    assert.deepEqual(expanded('$${HOST} costs $5 or $$').value, '${HOST} costs $5 or $$')
  })

  test('that are not set are problems, each with its path', () => {
    const { value, problems } = expanded({ rid: { host: '${NONE}' }, list: ['ok', '${ABSENT}'] })
    assert.deepEqual(problems, [
      { path: ['rid', 'host'], message: 'the environment variable NONE is not set' },
      { path: ['list', 1], message: 'the environment variable ABSENT is not set' },
    ])
    assert.deepEqual(value, { rid: { host: '${NONE}' }, list: ['ok', '${ABSENT}'] })
  })

  for (const wrong of ['${}', '${1A}', '${HOST', '${A-B}', '${ HOST }']) {
    test(`are not written ${wrong}: the problem says how they are`, () => {
      const { problems } = expanded({ key: `x ${wrong}` })
      assert.deepEqual(problems, [
        { path: ['key'], message: `"${wrong}" is not a variable: write \${NAME}, or $\${ for a literal \${` },
      ])
    })
  }

  test('stay as they are written where a secret would travel', () => {
    const { value, problems } = expanded(
      { auth: { password: '${NONE}' }, host: '${HOST}' },
      (path) => path.join('.') === 'auth.password',
    )
    assert.deepEqual(value, { auth: { password: '${NONE}' }, host: '192.0.2.1' })
    assert.deepEqual(problems, [])
  })

  test('are of no concern to a value without a dollar', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes('$'))
        assert.deepEqual(expanded(value).value, value)
      }),
    )
  })
})

test('a value is a variable only as a whole', () => {
  assert.equal(soleVariable('${GATEWAY_PASSWORD}'), 'GATEWAY_PASSWORD')
  assert.equal(soleVariable('${_a1}'), '_a1')
  for (const text of ['x${A}', '${A}x', '${A}\n', '$${A}', '${A}${B}', '${1}', 'A', ''])
    assert.equal(soleVariable(text), undefined, JSON.stringify(text))
})
