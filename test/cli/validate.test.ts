import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { iodefGateway } from './capture.ts'

const folder = mkdtempSync(join(tmpdir(), 'validate-'))
after(() => rmSync(folder, { recursive: true }))

const NS2 = 'urn:ietf:params:xml:ns:iodef-2.0'

function report(name: string, restriction = 'public'): string {
  return `<IODEF-Document version="2.00" xml:lang="en" xmlns="${NS2}">
  <Incident purpose="reporting" restriction="${restriction}">
    <IncidentID name="csirt.example.com">${name}</IncidentID>
    <GenerationTime>2026-03-01T12:00:00Z</GenerationTime>
    <Contact type="organization" role="creator"><Email><EmailTo>a@example.com</EmailTo></Email></Contact>
  </Incident>
</IODEF-Document>
`
}

function put(name: string, text: string | Buffer): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

describe('validate', () => {
  const good = put('good.xml', report('1'))
  const bad = put('bad.xml', report('2').replace(' purpose="reporting"', '').replace('restriction', 'restrictoin'))
  const odd = put('odd.xml', report('3', 'ext-value'))
  const broken = put('broken.xml', '<a>\n<b>\n</a>\n')
  const dtd = put('dtd.xml', `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>\n${report('4')}`)
  const binary = put('binary.xml', Buffer.from([0xff, 0xd8, 0x00, 0x01]))

  test('prints exactly the documented JSON', async () => {
    const { code, out, err } = await iodefGateway(['validate', '--json', good, bad])
    assert.equal(code, 1)
    assert.equal(err, '')
    const [first, second, ...rest] = JSON.parse(out)
    assert.deepEqual(rest, [])
    assert.deepEqual(first, { file: good, valid: true, format: 'IODEF 2', errors: [], warnings: [] })
    assert.deepEqual(Object.keys(second), ['file', 'valid', 'format', 'errors', 'warnings'])
    assert.equal(second.valid, false)
    assert.ok(second.errors.length >= 2)
    assert.deepEqual(Object.keys(second.errors[0]), ['line', 'column', 'message'])
    assert.equal(second.errors[0].line, 2)
  })

  test('exits with 0 only when all are valid, and keeps the order of the files', async () => {
    assert.equal((await iodefGateway(['validate', good])).code, 0)
    const many = Array.from({ length: 40 }, (_, i) => (i % 3 === 0 ? bad : good))
    const { code, out } = await iodefGateway(['validate', '--json', ...many])
    assert.equal(code, 1)
    assert.deepEqual(
      JSON.parse(out).map((v: { file: string }) => v.file),
      many,
    )
  })

  test('warns of what only the text of RFC 7970 demands, and refuses it when strict', async () => {
    const warned = await iodefGateway(['validate', odd])
    assert.equal(warned.code, 0)
    assert.match(warned.out, /odd\.xml:2:3: warning: RFC 7970 /)
    const strict = await iodefGateway(['validate', '--strict', odd])
    assert.equal(strict.code, 1)
    assert.match(strict.out, /odd\.xml:2:3: error: .*\n.*odd\.xml: not valid IODEF 2\n$/)
  })

  test('says of a RID message that it holds no document that would be taken, in its last line and as a warning', async () => {
    const cases = [
      ['rid-cdata.xml', /looks like one that was escaped \(CDATA or &lt;\)/],
      ['rid-wrapped.xml', /one stands inside report/],
      ['rid-inherited-namespace.xml', /inherits: it needs an xmlns/],
      ['rid-empty.xml', /XMLDocument is empty/],
    ] as const
    const paths = cases.map(([file]) => fileURLToPath(new URL(`../../fixtures/written/${file}`, import.meta.url)))
    const { code, out } = await iodefGateway(['validate', ...paths])
    assert.equal(code, 0, out)
    const entries = JSON.parse((await iodefGateway(['validate', '--json', ...paths])).out)
    for (const [i, [file, why]] of cases.entries()) {
      const lines = out.split('\n').filter((line) => line.includes(file))
      const warning = lines.find((line) => line.includes(': warning: The message holds')) ?? ''
      const verdict = lines.at(-1) ?? ''
      assert.match(warning, /: warning: The message holds no IODEF-Document: /)
      assert.match(verdict, /: valid RID; it holds no IODEF-Document: /)
      for (const line of [warning, verdict]) assert.match(line, why)
      assert.deepEqual(Object.keys(entries[i]), ['file', 'valid', 'format', 'errors', 'warnings'])
    }
    const query = fileURLToPath(new URL('../../fixtures/rid/query.xml', import.meta.url))
    assert.match((await iodefGateway(['validate', query])).out, /query\.xml: valid RID\n$/)
  })

  test('says of a RID message what stands beside its document, and that there are two', async () => {
    const fixture = (file: string) => fileURLToPath(new URL(`../../fixtures/written/${file}`, import.meta.url))
    const { out } = await iodefGateway([
      'validate',
      fixture('rid-beside-element.xml'),
      fixture('rid-two-documents.xml'),
    ])
    assert.match(out, /warning: Beside the IODEF-Document stands what is not delivered \(RFC 6545 §5\.6\): Package/)
    assert.match(out, /warning: There are 2 IODEF-Documents/)
  })

  test('advises on values that nobody can have meant', async () => {
    const file = put('implausible.xml', report('5').replace('T12:00:00Z', 'T12:00:00'))
    const { code, out } = await iodefGateway(['validate', file])
    assert.equal(code, 0)
    assert.match(out, /implausible\.xml:4:5: warning: GenerationTime has no time zone/)
  })

  test('says where a text stops being XML, and refuses a DTD without reading what it names', async () => {
    assert.match((await iodefGateway(['validate', broken])).out, /broken\.xml:3:\d+: error: /)
    const { code, out } = await iodefGateway(['validate', dtd])
    assert.equal(code, 1)
    assert.match(out, /dtd\.xml:1:1: error: /)
    assert.equal((await iodefGateway(['validate', binary])).code, 1)
  })

  test('goes on behind a file that cannot be read', async () => {
    const none = join(folder, 'none.xml')
    const { code, out } = await iodefGateway(['validate', '--json', none, folder, good])
    assert.equal(code, 1)
    const verdicts = JSON.parse(out)
    assert.match(verdicts[0].errors[0].message, /no such file/)
    assert.match(verdicts[1].errors[0].message, /it is a directory/)
    assert.equal(verdicts[2].valid, true)
  })

  test('names an argument that is empty', async () => {
    const { code, out } = await iodefGateway(['validate', ''])
    assert.equal(code, 1)
    assert.equal(out, '"": error: cannot be read: the name of the file is empty\n"": not valid\n')
    assert.equal(JSON.parse((await iodefGateway(['validate', '--json', ''])).out)[0].file, '')
  })

  test('warns in the order of the lines', async () => {
    const many = fileURLToPath(new URL('../../fixtures/valid/text-rules-broken.xml', import.meta.url))
    const [{ warnings }] = JSON.parse((await iodefGateway(['validate', '--json', many])).out)
    const lines: number[] = warnings.map(({ line }: { line: number }) => line)
    assert.ok(lines.length > 10)
    assert.deepEqual(
      lines,
      lines.toSorted((a, b) => a - b),
    )
  })

  test('needs a file', async () => {
    assert.equal((await iodefGateway(['validate'])).code, 2)
  })
})
