import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { XmlDocument } from 'libxml2-wasm'
import { canonical, parseText, validate } from '../../src/xml/libxml.ts'
import { dropValidator } from '../../src/xml/parsed-document.ts'
import { runs, xmlText } from '../support/arbitraries.ts'
import { documentText, IODEF1, incidentText, schemas } from '../support/documents.ts'
import { fixtures } from '../support/reports.ts'
import { type Bare, fromLibxml, fromWrapper } from './libxml-tree.ts'

const REFUSED: readonly [name: string, text: string][] = [
  ['nothing', ''],
  ['white space', ' \n'],
  ['two roots', '<a/><b/>'],
  ['text behind the root', '<a/>b'],
  ['an unbound prefix', '<p:a/>'],
  ['an unbound attribute prefix', '<a p:b=""/>'],
  ['one attribute twice', '<a b="" b=""/>'],
  ['one attribute twice by namespace', '<a xmlns:p="u:a" xmlns:q="u:a" p:b="" q:b=""/>'],
  ['a prefix without namespace', '<a xmlns:p=""/>'],
  ['two colons', '<a:b:c xmlns:a="u:a"/>'],
  ['NUL', '<a>\0</a>'],
  ['a control character', '<a>\u0001</a>'],
  ['a referenced control character', '<a>&#1;</a>'],
  ['a referenced surrogate', '<a>&#xD800;</a>'],
  ['U+FFFE', '<a>\ufffe</a>'],
  ['an undeclared entity', '<a>&nbsp;</a>'],
  [']]> in text', '<a>]]></a>'],
  ['-- in a comment', '<a><!-- -- --></a>'],
  ['a declaration that is not first', ' <?xml version="1.0"?><a/>'],
  ['257 levels', '<a>'.repeat(257) + '</a>'.repeat(257)],
  ['100,000 levels', '<a>'.repeat(100_000) + '</a>'.repeat(100_000)],
]

for (const [name, text] of REFUSED) {
  test(`not well-formed: ${name}`, () => {
    const parsed = parseText(text)
    assert.ok(!parsed.ok)
    assert.ok(parsed.total >= 1 && parsed.errors.length >= 1)
    for (const error of parsed.errors) assert.doesNotMatch(error.message, /[\n\0]/)
  })
}

test('a namespace name that is no URI is a name like any other, as other parsers have it', () => {
  for (const name of ['C:\\schemas\\x.xsd', 'urn:with space', 'http://x/é', 'urn:é', '%', '::']) {
    const parsed = parseText(`<a xmlns:u="${name}"><b xmlns="${name}" u:c=""/></a>`)
    assert.ok(parsed.ok, `${name}: ${parsed.ok ? '' : parsed.errors[0]?.message}`)
    parsed.document.dispose()
  }
  // and hides nothing that is wrong besides
  const broken = parseText('<a xmlns:u="a b"><v:c/></a>')
  assert.ok(!broken.ok && broken.errors.some(({ message }) => message.includes('prefix "v"')))
})

test('a parse error has its place', () => {
  const parsed = parseText('<a>\n  <b></c>\n</a>')
  assert.ok(!parsed.ok)
  assert.equal(parsed.errors[0]?.line, 2)
  assert.ok((parsed.errors[0]?.column ?? 0) > 0)
})

test('what declares an encoding is read as the text it is', () => {
  const parsed = parseText('<?xml version="1.0" encoding="UTF-16"?><a>é日</a>')
  assert.ok(parsed.ok)
  assert.deepEqual(fromLibxml(parsed.document).children, ['é日'])
  parsed.document.dispose()
})

test('a flood of schema errors is counted, cut, and not paid for one by one', () => {
  const schema = schemas().get('iodef-2.0.xsd')
  const parsed = parseText(documentText(['<Incident purpose="zz"/>'.repeat(20_000)]))
  assert.ok(parsed.ok && schema)
  const { errors, total } = validate(parsed.document, schema)
  parsed.document.dispose()
  assert.ok(errors.length <= 20 && errors.length > 0)
  assert.ok(total >= 20_000)
})

test('an error message is one bounded line, however long the value', () => {
  const schema = schemas().get('iodef-2.0.xsd')
  const parsed = parseText(documentText([incidentText({ purpose: `a&#10;\u0085${'b'.repeat(100_000)}` })]))
  assert.ok(parsed.ok && schema)
  const { errors } = validate(parsed.document, schema)
  parsed.document.dispose()
  assert.ok(errors.length > 0)
  for (const { message } of errors) assert.match(message, /^[^\p{Cc}]{1,2001}$/u)
})

test('after an error flood the next document is judged afresh', () => {
  const schema = schemas().get('iodef-2.0.xsd')
  const parsed = parseText(documentText([incidentText({ purpose: 'zz' })]))
  assert.ok(parsed.ok && schema)
  const { errors } = validate(parsed.document, schema)
  parsed.document.dispose()
  assert.match(errors[0]?.message ?? '', /zz/)
})

test('what is judged behind other documents is judged as it is alone', () => {
  const top = (text: string) =>
    text.includes(`<RID `) ? 'iodef-rid-2.0.xsd' : text.includes(IODEF1) ? 'iodef-1.0.xsd' : 'iodef-2.0.xsd'
  const judged = (text: string, alone: boolean) => {
    const schema = schemas().get(top(text))
    const parsed = parseText(text)
    if (!parsed.ok || schema === undefined) return undefined
    using document = parsed.document
    if (alone) dropValidator(schema)
    return validate(document, schema)
  }
  const texts = (['valid', 'rid', 'invalid', 'valid'] as const).flatMap((folder) =>
    fixtures(folder).map(({ text }) => text),
  )
  const found = texts.map((text) => judged(text, false))
  assert.ok(found.some((findings) => findings?.total === 0) && found.some((findings) => (findings?.total ?? 0) > 0))
  assert.deepEqual(
    found,
    texts.map((text) => judged(text, true)),
  )
})

test('exclusive canonical form', () => {
  const text = '<?p?><p:a xmlns:p="u:p" xmlns:q="u:q" c="&#9;" b=\'"\'><!-- c --><q:b/><![CDATA[<]]>\r\n</p:a>'
  assert.equal(
    canonical(text),
    '<p:a xmlns:p="u:p" b="&quot;" c="&#x9;"><q:b xmlns:q="u:q"></q:b>&lt;\n</p:a>'.replace(/^/, '<?p?>\n'),
  )
  assert.throws(() => canonical('<a>'))
})

test('what is parsed of bytes is what its string says, whatever characters there are', () => {
  const character = fc.oneof(
    fc.constantFrom('<', '>', '/', '&', 'a', ' ', '"', '='),
    fc.string({ unit: 'binary', maxLength: 1 }),
  )
  const half = fc.constantFrom('\ud800', '\udfff')
  const damage = fc.array(fc.oneof({ weight: 9, arbitrary: character }, { weight: 1, arbitrary: half }), {
    maxLength: 4,
  })
  fc.assert(
    fc.property(xmlText(), fc.nat(), damage, (whole, at, put) => {
      const cut = at % (whole.length + 1)
      const text = whole.slice(0, cut) + put.join('') + whole.slice(cut)
      const parsed = parseText(text)
      const { ok } = parsed
      const form = ok ? fromLibxml(parsed.document) : undefined
      if (ok) parsed.document.dispose()
      assert.deepEqual(form, ofString(text))
    }),
    runs(500),
  )
})

/** As libxml2's wrapper makes bytes of a string itself; undefined where it is not well-formed. */
function ofString(text: string): Bare | undefined {
  try {
    const document = XmlDocument.fromString(text)
    const form = fromWrapper(document)
    document.dispose()
    return form
  } catch {
    return undefined
  }
}
