import assert from 'node:assert/strict'
import { test } from 'node:test'
import { termsOf } from '../../src/iodef/terms.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { additionalData, IODEF2, incidentText } from '../support/documents.ts'

const termsIn = (content: string) =>
  termsOf(scan(incidentText({ content }).replace('<Incident', `<Incident xmlns="${IODEF2}"`))).terms

test('an element that is called as what every object has is one like any other', () => {
  const plain = termsIn(additionalData('<other/>'))
  for (const name of ['__proto__', 'constructor', 'toString', 'valueOf'])
    assert.deepEqual(termsIn(additionalData(`<${name}/>`)), plain, name)
})
