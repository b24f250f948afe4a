import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isWhole, wholeDocument, wholeIn } from '../../src/iodef/whole.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { written } from './upgraded.ts'

const document1 = (content: string) => scan(`<IODEF-Document xmlns="${NS.iodef1}">${content}</IODEF-Document>`)

test('what travels along is marked, and is as strict as it says; a second word has an element of its own', () => {
  const [other, own, ...more] = wholeDocument('<x/>', ['private', 'default'])
  assert.ok(other && own)
  assert.deepEqual(more, [])
  assert.match(written(other), /formatid="urn:x-iodef-gateway:iodef-2:1".* restriction="default"\/>$/)
  assert.match(written(own), /^<AdditionalData dtype="string" .* restriction="private"><x\/><\/AdditionalData>$/)
  assert.ok(isWhole(other) && isWhole(own))
})

test('it is found in the first Incident, the last of its kind', () => {
  const mark = (text: string) =>
    `<AdditionalData dtype="string" formatid=" urn:x-iodef-gateway:iodef-2:1 ">${text}</AdditionalData>`
  const document = document1(
    `<Incident>${mark('a')}<AdditionalData dtype="string">c</AdditionalData>${mark('b')}</Incident><Incident>${mark('d')}</Incident>`,
  )
  assert.equal(wholeIn(document)?.text, 'b')
  assert.equal(wholeIn(document1(`<Incident/><Incident>${mark('d')}</Incident>`)), undefined)
})
