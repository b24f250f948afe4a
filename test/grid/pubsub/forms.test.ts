import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { xml } from '@xmpp/client'
import { readForm, submitForm } from '../../../src/grid/pubsub/forms.ts'

describe('a data form', () => {
  test('to submit says its type first, hidden, and escapes what is in it', () => {
    assert.equal(
      submitForm('urn:type', { 'pubsub#title': 'a & <b>', 'pubsub#max_items': '10' }).toString(),
      '<x xmlns="jabber:x:data" type="submit">' +
        '<field var="FORM_TYPE" type="hidden"><value>urn:type</value></field>' +
        '<field var="pubsub#title"><value>a &amp; &lt;b&gt;</value></field>' +
        '<field var="pubsub#max_items"><value>10</value></field></x>',
    )
  })

  test('comes back as it was submitted', () => {
    const fields = { a: '1', b: ' ', c: 'é"' }
    const parent = xml('query', {}, submitForm('urn:type', fields))
    assert.deepEqual(readForm(parent), { a: ['1'], b: [' '], c: ['é"'] })
  })

  test('that is read has all values of a field, without its type and what has no name', () => {
    const form = xml(
      'x',
      { xmlns: 'jabber:x:data' },
      xml('title', {}, 'x'),
      xml('field', { var: 'FORM_TYPE' }, xml('value', {}, 'urn:type')),
      xml('field', {}, xml('value', {}, 'nameless')),
      xml('field', { var: 'many' }, xml('value', {}, '1'), xml('value', {}, '2')),
      xml('field', { var: 'none' }),
    )
    assert.deepEqual(readForm(xml('query', {}, form)), { many: ['1', '2'], none: [] })
  })

  test('is empty where there is none', () => {
    assert.deepEqual(readForm(undefined), {})
    assert.deepEqual(readForm(xml('query')), {})
    assert.deepEqual(readForm(xml('query', {}, xml('x', { xmlns: 'urn:x' }, xml('field', { var: 'a' })))), {})
  })
})
