import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { joinDocument, PLAIN_SHELL } from '../../src/profile/shell.ts'
import { scan } from '../../src/xml/parse-tree.ts'

describe('a document put together', () => {
  test('has its Incidents first, in their order, and AdditionalData behind them', () => {
    assert.equal(
      joinDocument('<D a="1"><AdditionalData>x</AdditionalData></D>', ['<I n="1"/>', '<I n="2"/>']),
      '<D a="1"><I n="1"/><I n="2"/><AdditionalData>x</AdditionalData></D>',
    )
    assert.equal(joinDocument('<D></D>', []), '<D></D>')
  })

  test('is not cut at a bracket inside quotes', () => {
    assert.equal(joinDocument(`<D a="x>y" b="'>"></D>`, ['<I/>']), `<D a="x>y" b="'>"><I/></D>`)
  })

  test('keeps dollars of an Incident', () => {
    assert.equal(joinDocument('<D></D>', ['<I>$1 $& $$</I>']), '<D><I>$1 $& $$</I></D>')
  })

  test('is a plain IODEF-Document where nothing else is said', () => {
    const { ns, local, attributes, children } = scan(joinDocument(PLAIN_SHELL, ['<Incident/>']))
    assert.deepEqual([ns, local], ['urn:ietf:params:xml:ns:iodef-2.0', 'IODEF-Document'])
    assert.deepEqual(attributes, [{ ns: '', local: 'version', value: '2.00' }])
    assert.equal(children.length, 1)
  })
})
