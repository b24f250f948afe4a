import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findDoctype } from '../../src/xml/doctype.ts'
import { parseText } from '../../src/xml/libxml.ts'

function told(text: string): { message: string; place: [number, number] } {
  const doctype = findDoctype(text)
  if (doctype !== undefined) return { message: doctype.message, place: [doctype.line, doctype.column] }
  const parsed = parseText(text)
  if (parsed.ok) parsed.document.dispose()
  const [first] = parsed.ok ? [] : parsed.errors
  return { message: first?.message ?? '', place: [first?.line ?? 0, first?.column ?? 0] }
}

/** What people send that is no XML, and what they are told. */
const CASES: readonly [name: string, text: string, message: string | RegExp, place?: [number, number]][] = [
  [
    'a bare & in a URL',
    '<a>http://x.example/?a=1&b=2</a>',
    /"&" begins a reference, and no ";" ends it: write &amp; for &/,
  ],
  ['a bare & in an attribute', '<a href="?a=1&b=2"/>', /write &amp; for &/],
  ['a bare & between blanks', '<a>you & me</a>', /write &amp; for &/],
  ['"&#" that is no number', '<a>&#xyz;</a>', /"&#" begins the number of a character/],
  ['an entity of HTML', '<a>&nbsp;</a>', /^The entity &nbsp; is not defined: XML knows &amp; &lt;/],
  [
    'an escape sequence of a terminal',
    '<a>\n ü\u001b[0m</a>',
    'The character U+001B (escape) is not allowed in XML, as it is or as a reference: leave it out, or send it in base64.',
    [2, 3],
  ],
  [
    'a control character in an attribute',
    '<a b="\u0008"/>',
    /^The character U\+0008 \(backspace\) is not allowed/,
    [1, 7],
  ],
  ['a control character in a comment', '<!-- \u0001 --><a/>', /^The character U\+0001 is not/],
  ['a control character in CDATA', '<a><![CDATA[\u0002]]></a>', /^The character U\+0002 is not/],
  ['a control character in a tag', '<a\u0004/>', /^The character U\+0004 is not/],
  ['a control character before everything', '\u0005<a/>', /^The character U\+0005 is not/],
  ['a control character as a reference', '<a>&#x1b;</a>', /^The character U\+001B \(escape\) is not/],
  ['U+FFFE', '<a>\ufffe</a>', /^The character U\+FFFE is not/],
  ['half of a surrogate pair as a reference', '<a>&#xD83D;&#xDE00;</a>', /^U\+D83D is one half of a surrogate pair/],
  ['NUL behind the end', '<a/>\n\0', /^NUL \(U\+0000\) after the end of the document/, [2, 1]],
  ['NUL inside', '<a>x\0y</a>', /^The character U\+0000 \(NUL\) is not/, [1, 5]],
  ['JSON', '{"version":"2.0"}', 'This is no XML: it looks like JSON.'],
  ['JSON in a list', ' [{"a":1}]', /looks like JSON/],
  ['XML as a JSON string', '"<?xml version=\\"1.0\\"?><a/>"', /looks like JSON \(a string with XML in it\)/],
  ['HTML with a DTD', '<!DOCTYPE html>\n<html/>', 'This is no IODEF: it looks like HTML.', [1, 1]],
  ['HTML in lower case', '<!doctype HTML PUBLIC "x"><html/>', /looks like HTML/],
  [
    'a DTD of an IODEF document',
    '<!DOCTYPE IODEF-Document SYSTEM "x.dtd"><IODEF-Document/>',
    /^A document type declaration \(DTD, .*leave it out/,
  ],
  ['an error page', '<br />\n<b>Fatal error</b>: out of memory', /looks like HTML/],
  ['XML that was escaped', '&lt;?xml version="1.0"?&gt;&lt;a/&gt;', /looks like escaped XML/],
  ['XML that was escaped twice', '&amp;lt;a/&amp;gt;', /looks like escaped XML/],
  ['XML in URL encoding', 'document=%3Ca%2F%3E', /URL encoding/],
  ['a web form', 'xml=<a/>', /web form/],
  ['multipart/form-data', '--x1\r\nContent-Disposition: form-data; name="f"\r\n\r\n<a/>', /multipart/],
  ['a mail', 'MIME-Version: 1.0\r\n\r\n<a/>', /mail/],
  ['PEM', '-----BEGIN PKCS7-----\nMII', /looks like PEM/],
  ['YAML', '---\na: 1', /YAML/],
  ['PDF', '%PDF-1.7', /PDF/],
  ['base64', Buffer.from('<?xml version="1.0"?><a/>').toString('base64'), /looks like base64/],
  ['text', 'There was an incident.', 'This is no XML: there is no "<" in it.'],
  ['text before the document', 'Report: <a/>', 'An XML document begins with "<"; here "Report:" stands before it.'],
  ['white space', ' \n ', 'There is nothing in it but white space.'],
  ['nothing', '', 'There is nothing in it.'],
  ['white space before the declaration', '\n<?xml version="1.0"?><a/>', /must be the very beginning/],
  [
    'text behind the end',
    '<a/>\n ü garbage',
    '"ü garbage" stands behind the end of the document, which has one root element.',
    [2, 2],
  ],
  [
    'two documents',
    '<a/><b/>',
    'Another element, "b", stands behind the end of the document, which has one root element.',
  ],
  [
    'the wrong end tag',
    '<a>\n<b>\n</a>',
    'The end tag of "a" stands where that of "b" is due, which was opened in line 2.',
  ],
  [
    'a document that was cut off',
    '<a>\n<b>',
    'The document ends inside "b", opened in line 2: it was cut off, or an end tag is missing.',
  ],
  ['a document that was cut off in an end tag', '<a>\n</', /ends in the middle of its markup/],
  ['a document that was cut off in a name', '<a>\n</a', /ends in the middle of its markup/],
  ['a document that was cut off in an attribute', '<a b="c', /ends in the middle of its markup/],
  ['a document that was cut off in a comment', '<a><!-- ', /ends in the middle of its markup/],
  ['a document that was cut off in CDATA', '<a><![CDATA[x', /ends in the middle of its markup/],
  ['a tag that is not closed', '<a></a x>', /A tag is not closed/],
  ['attributes without white space between', '<a b="1"c="2"/>', /attributes are separated by white space/],
  [
    'an attribute without quotes',
    '<a b=c/>',
    'The value of an attribute stands in quotes, " or \'; here "c" is the first of it.',
  ],
  ['an attribute in typographic quotes', '<a b=“c”/>', /here "“" is the first of it/],
  ['an attribute twice', '<a b="1" b="2"/>', 'The attribute b stands twice in one tag.'],
  ['"<" in an attribute', '<a b="<"/>', /write &lt;\./],
  ['"<" in text', '<a>1 < 2</a>', /write &lt;\./],
  ['"]]>" in text', '<a>]]></a>', /write \]\]&gt;\./],
  ['"--" in a comment', '<a><!-- -- --></a>', /inside a comment/],
  [
    'a prefix that nobody declared',
    '<a xsi:type="x"/>',
    'The prefix "xsi" is declared nowhere: xmlns:xsi="..." is missing.',
  ],
  [
    'a document too deep',
    '<a>'.repeat(300) + '</a>'.repeat(300),
    'The elements are nested too deeply: 256 levels are the limit.',
  ],
  ['a broken document that says XML 1.1', '<?xml version="1.1"?>\n<a>', /^The document ends inside "a"/],
]
for (const [name, text, message, place] of CASES) {
  test(`not well-formed, and why: ${name}`, () => {
    const found = told(text)
    if (typeof message === 'string') assert.equal(found.message, message)
    else assert.match(found.message, message)
    if (place !== undefined) assert.deepEqual(found.place, place)
  })
}

test('what follows from an error is not told', () => {
  for (const text of ['<a b=c/>', '<a><![CDATA[\u0002]]></a>', '<?xml version=1.0?><a/>', '<a><?x \u0003?></a>']) {
    const parsed = parseText(text)
    assert.equal(parsed.ok ? 0 : parsed.errors.length, 1, text)
  }
})

test('prefixes that nobody declared are all told, and what stops the parser', () => {
  const parsed = parseText('<a><p:b/><q:b/><c></a>')
  assert.deepEqual(parsed.ok ? [] : parsed.errors.map(({ message }) => message.slice(0, 14)), [
    'The prefix "p"',
    'The prefix "q"',
    'The end tag of',
  ])
})

test('an xml:id that is no name, and one that is there twice, are no fault of a document', () => {
  for (const text of ['<a xml:id="1:2"/>', '<a><b xml:id="d"/><b xml:id="d"/></a>']) {
    const parsed = parseText(text)
    assert.ok(parsed.ok, text)
    parsed.document.dispose()
  }
})

test('what a sentence shows of a document is on one line, without controls', () => {
  for (const text of ['8\r\n?xml>\u0085<a/>', '<a/>b\n\tc', '<a>\u0085<b c=\u0085"d"/></a>']) {
    const parsed = parseText(text)
    assert.ok(!parsed.ok)
    for (const { message } of parsed.errors) assert.doesNotMatch(message, /\p{Cc}/u)
  }
})
