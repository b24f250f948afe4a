import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { parse } from 'yaml'
import { crossCheck } from '../../src/config/cross-checks.ts'

/** What is said of `rid`, in `path: message` lines. */
function said(rid: string): string[] {
  const { problems, warnings } = crossCheck({ rid: parse(rid) })
  const of = (kind: string, list: typeof problems) =>
    list
      .filter(({ path }) => path[0] === 'rid')
      .map(({ path, message }) => `${kind} ${path.join('.')}: ${message.replace(/[:,].*$/, '')}`)
  return [...of('problem', problems), ...of('warning', warnings)]
}

describe('proxies in front', () => {
  test('are needed where they are to be believed', () => {
    const missing = ['problem rid.proxies: is required with proxyProtocol']
    assert.deepEqual(said('{ proxyProtocol: true }'), missing)
    assert.deepEqual(said('{ proxyProtocol: "true", proxies: [] }'), missing)
    assert.deepEqual(said('{ proxyProtocol: true, proxies: [10.0.0.5] }'), [])
    assert.deepEqual(said('{ proxyProtocol: false }'), [])
  })

  test('have no effect where they are not', () => {
    assert.deepEqual(said('{ proxies: [10.0.0.5] }'), ['warning rid.proxies: has no effect without proxyProtocol'])
  })

  test('that are everybody are worth a word', () => {
    const words = ['warning rid.proxies.1: is every address']
    assert.deepEqual(said('{ proxyProtocol: true, proxies: [10.0.0.0/8, 0.0.0.0/0] }'), words)
    assert.deepEqual(said('{ proxyProtocol: true, proxies: [10.0.0.5, "::/0"] }'), words)
  })
})
