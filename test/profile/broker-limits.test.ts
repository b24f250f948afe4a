import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFragile } from '../../src/profile/broker-limits.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const XSI = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'

for (const [xml, fragile] of [
  ['<x xmlns="urn:x" y="a">b\nc\td</x>', false],
  ['<x/>', true],
  ['<x xmlns="urn:x">a&#13;b</x>', true],
  ['<x xmlns="urn:x"><y>a&#13;b</y></x>', false],
  ['<x xmlns="urn:x" y="&#9;"/>', true],
  ['<x xmlns="urn:x" y="&#10;"/>', true],
  ['<x xmlns="urn:x" y="&#13;"/>', true],
  [`<x xmlns="urn:x" ${XSI} i:type="p:q"/>`, true],
  [`<x xmlns="urn:x" ${XSI} i:type="q"/>`, false],
] as const) {
  test(`${fragile ? 'changed by some Brokers' : 'left alone by Brokers'}: ${JSON.stringify(xml)}`, () => {
    assert.equal(isFragile(scan(xml)), fragile)
  })
}
