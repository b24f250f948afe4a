import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { ConfigError, describe as inWords, osReason, pathText } from '../../src/config/problems.ts'
import { GatewayError } from '../../src/errors.ts'

describe('a problem of the configuration', () => {
  test('is told with its key path and its line, as far as there are any', () => {
    assert.equal(
      inWords({ path: 'peers[0].url', message: 'must be https', line: 12 }),
      'peers[0].url: must be https (line 12)',
    )
    assert.equal(inWords({ path: 'peers', message: 'is required' }), 'peers: is required')
    assert.equal(inWords({ path: '', message: 'is empty', line: 1 }), 'is empty (line 1)')
  })

  test('has a path as one writes it', () => {
    assert.equal(pathText(['peers', 0, 'identity', 'dns']), 'peers[0].identity.dns')
    assert.equal(pathText(['a', 1, 2]), 'a[1][2]')
    assert.equal(pathText([0, 'a']), '[0].a')
    assert.equal(pathText([]), '')
  })

  test('is thrown together with all the others', () => {
    const problems = [
      { path: 'a', message: 'is wrong', line: 2 },
      { path: 'b', message: 'is required' },
    ]
    const error = new ConfigError('gateway.yaml', problems)
    assert.ok(error instanceof GatewayError)
    assert.deepEqual([error.code, error.file, error.name], ['config-invalid', 'gateway.yaml', 'ConfigError'])
    assert.match(error.message, / a: is wrong \(line 2\); b: is required$/)
    assert.equal(error.problems, problems)
  })
})

describe('what the system says of a file', () => {
  test('is told without its code, the call and the path', () => {
    const absent = reasonOf(() => readFileSync('/nonexistent/with, a comma/x.pem'))
    assert.equal(absent, 'no such file or directory')
    assert.equal(
      osReason(new Error("EXDEV: cross-device link not permitted, rename '/a' -> '/b'")),
      'cross-device link not permitted',
    )
    assert.equal(osReason(new Error('EMFILE: too many open files, watch')), 'too many open files')
  })

  test('is told of a directory in words of its own', () => {
    assert.equal(
      reasonOf(() => readFileSync('/')),
      'it is a directory',
    )
  })

  test('is left alone where it has another form', () => {
    assert.equal(osReason(new Error('it is larger than 1 MiB')), 'it is larger than 1 MiB')
    assert.equal(osReason('text'), 'text')
  })
})

function reasonOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return osReason(error)
  }
  return 'nothing'
}
