import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toleranceOf } from '../../src/iodef/tolerated.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { elements } from '../../src/xml/tree.ts'

const told = (xml: string, ns: string = NS.iodef2) =>
  elements(scan(`<top xmlns="${ns}">${xml}</top>`)).flatMap((element) => toleranceOf(element) ?? [])

test('an address that an attacker made is told, with what keeps it from being a URI reference', () => {
  for (const ns of [NS.iodef2, NS.iodef1, NS.rid]) {
    assert.deepEqual(told('<URL> hxxp://evil[.]example/ </URL>', ns), [
      'URL "hxxp://evil[.]example/" is no URI reference (RFC 3986): "[" may not stand there. It is carried as it is.',
    ])
    assert.deepEqual(told('<URL> http://evil.example/?a=1&amp;b=2 </URL>', ns), [])
  }
  assert.deepEqual(told('<URL>hxxp://evil[.]example/</URL>', 'urn:example:other'), [])
})

test('version="2.0" of IODEF 2 and "1.0" of IODEF 1 are told', () => {
  const version = (value: string) => `<IODEF-Document version="${value}"/>`
  assert.match(told(version('2.0'))[0] ?? '', /taken for "2\.00"/)
  assert.match(told(version('1.0'), NS.iodef1)[0] ?? '', /taken for "1\.00"/)
  assert.deepEqual([...told(version('2.00')), ...told(version('1.00'), NS.iodef1), ...told('<IODEF-Document/>')], [])
})

test('white space around a list of ports or a time zone is told', () => {
  assert.equal(told('<Portlist> 80,443</Portlist><Timezone>+01:00\n</Timezone><Portlist>80</Portlist>').length, 2)
})
