import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { couldBeCopy } from '../../src/profile/broker-copy.ts'
import { scan } from '../../src/xml/parse-tree.ts'

const copy = (kept: string, seen: string) => couldBeCopy(scan(kept), scan(seen))

describe("a Broker's copy", () => {
  for (const [what, kept, seen] of [
    ['the same', '<a xmlns="urn:a" b="1">x<c/></a>', '<a xmlns="urn:a" b="1">x<c/></a>'],
    [
      'its prefixes and the order of its attributes',
      '<a xmlns="urn:a" b="1" c="2"/>',
      '<p:a xmlns:p="urn:a" c="2" b="1"/>',
    ],
    ['white space that stood as a reference', '<a b="x&#10;y">1&#9;2</a>', '<a b="x y">1  2</a>'],
    ['white space between elements', '<a> <b/>\n</a>', '<a><b/></a>'],
    ['the namespace of an element that has none', '<a><b c="1"/></a>', '<a xmlns="urn:x"><b c="1"/></a>'],
  ] as const) {
    test(`may have another spelling: ${what}`, () => assert.ok(copy(kept, seen)))
  }

  for (const [what, kept, seen] of [
    ['text', '<a>x</a>', '<a>y</a>'],
    ['text where there was none', '<a/>', '<a>x</a>'],
    ['no text where there was some', '<a>x</a>', '<a/>'],
    ['white space inside a word', '<a>xy</a>', '<a>x y</a>'],
    ['a name', '<a/>', '<b/>'],
    ['a namespace', '<a xmlns="urn:a"/>', '<a xmlns="urn:b"/>'],
    ['no namespace in place of one', '<a xmlns="urn:a"/>', '<a/>'],
    ['the value of an attribute', '<a b="1"/>', '<a b="2"/>'],
    ['an attribute more', '<a b="1"/>', '<a b="1" c="2"/>'],
    ['an attribute less', '<a b="1" c="2"/>', '<a b="1"/>'],
    ['an attribute of another namespace', '<a xmlns:p="urn:p" p:b="1"/>', '<a b="1"/>'],
    ['an element more', '<a><b/></a>', '<a><b/><b/></a>'],
    ['an element less', '<a><b/><b/></a>', '<a><b/></a>'],
    ['another order', '<a><b/><c/></a>', '<a><c/><b/></a>'],
    ['text in place of an element', '<a><b/></a>', '<a>b</a>'],
    ['a change far below', '<a><b><c>1</c></b></a>', '<a><b><c>2</c></b></a>'],
  ] as const) {
    test(`is it not with another ${what}`, () => assert.ok(!copy(kept, seen)))
  }
})
