import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sameButForWriting } from '../../../src/grid/xmpp/same.ts'

test('an item is ours however its Broker writes it', () => {
  const ours =
    '<report xmlns="urn:r"><a xmlns="urn:a" xmlns:ns1="urn:n" b="1" ns1:c="&lt;&#x9;" xml:lang="en">t&amp;<e></e></a></report>'
  const written = [
    "<report xmlns='urn:r'><a xmlns='urn:a' xml:lang='en' xmlns:x='urn:n' x:c='&lt;&#9;' b='1'>t&amp;<e/></a></report>",
    '<r:report xmlns:r="urn:r" xmlns="urn:a" xmlns:n="urn:n"><a n:c="&lt;&#9;" b="1" xml:lang="en">t<![CDATA[&]]><e/></a></r:report>',
  ]
  for (const seen of written) assert.ok(sameButForWriting(ours, seen), seen)
})

test('a report that differs from another of its Incident in a namespace alone is not taken for published', () => {
  const ours = (ns: string) =>
    `<report xmlns="urn:r"><document><a xmlns="${ns}" xmlns:ns1="${ns}" ns1:b="1"></a></document></report>`
  assert.ok(!sameButForWriting(ours('urn:good'), ours('urn:evil')))
  assert.ok(!sameButForWriting('<report xmlns="urn:r"></report>', '<report xmlns="urn:s"></report>'))
  assert.ok(!sameButForWriting('<a xmlns="urn:r" lang="en"></a>', '<a xmlns="urn:r" xml:lang="en"></a>'))
  assert.ok(!sameButForWriting('<a xmlns="urn:r"></a>', '<a xmlns=""></a>'))
})

test('an element without namespace is ours in whatever its Broker puts it', () => {
  const ours = '<report xmlns="urn:r"><a xmlns="">t</a></report>'
  assert.ok(sameButForWriting(ours, '<report xmlns="urn:r"><a>t</a></report>'))
  assert.ok(!sameButForWriting(ours, '<report xmlns="urn:r"><b>t</b></report>'))
})

test('what cannot be read is not ours', () => {
  for (const seen of [
    '<a',
    '<a xmlns="urn:r">',
    '<p:a></p:a>',
    '<a xmlns="urn:r"></b>',
    '<a xmlns="urn:r" p:b="1"></a>',
  ])
    assert.ok(!sameButForWriting('<a xmlns="urn:r"></a>', seen), seen)
})
