import { gzipSync } from 'node:zlib'
import { iodef } from './reports.ts'

/** A body that nobody means well with. */
export interface HostileBody {
  readonly name: string
  readonly body: Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  /** statuses it may be answered with [400] */
  readonly status?: readonly number[]
}

const MIB = 1_048_576
const GOOD = iodef({ id: 'hostile' }).replace(/^<.*>\n/, '')

/** `trap` is a URL that nothing may ever fetch, `file` a path that nothing may ever read. */
export function hostileBodies({ trap, file }: { trap: string; file: string }): HostileBody[] {
  const dtd = (subset: string, use = '&x;') =>
    `<!DOCTYPE IODEF-Document ${subset}>${GOOD.replace('Scans of the whole address range', use)}`
  const laughs = Array.from({ length: 10 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('')
  const texts: Record<string, string> = {
    'XXE: external entity': dtd(`[<!ENTITY x SYSTEM "file://${file}">]`),
    'XXE: external entity over HTTP': dtd(`[<!ENTITY x SYSTEM "${trap}">]`),
    'XXE: PUBLIC entity': dtd(`[<!ENTITY x PUBLIC "-//x" "${trap}">]`),
    'XXE: parameter entity': dtd(`[<!ENTITY % x SYSTEM "${trap}"> %x;]`),
    'XXE: external DTD': dtd(`SYSTEM "${trap}"`, ''),
    'XXE: entity in an attribute': dtd(`[<!ENTITY x "public">]`).replace('restriction="public"', 'restriction="&x;"'),
    'XXE: behind a comment': `<!-- a --><?pi?>${dtd(`[<!ENTITY x SYSTEM "file://${file}">]`)}`,
    'XXE: XInclude': GOOD.replace(
      '<Description>',
      `<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file://${file}" parse="text"/><Description>`,
    ),
    'XXE: schemaLocation of an unknown namespace': `<a xmlns="urn:a" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="urn:a ${trap}"/>`,
    'XXE: stylesheet': `<?xml-stylesheet href="${trap}"?><a/>`,
    'bomb: a billion laughs': dtd(`[<!ENTITY l0 "ha">${laughs}]`, '&l10;'),
    'bomb: one long entity many times': dtd(`[<!ENTITY x "${'a'.repeat(200_000)}">]`, '&x;'.repeat(50_000)),
    'bomb: an entity of itself': dtd(`[<!ENTITY x "&x;">]`),
    'depth: 100,000 levels': '<a>'.repeat(100_000) + '</a>'.repeat(100_000),
    'depth: 100,000 levels that do not end': '<a>'.repeat(100_000),
    'depth: 20,000 levels of extension content': GOOD.replace(
      '</IODEF-Document>',
      `<AdditionalData dtype="xml">${'<a xmlns="urn:a">'.repeat(20_000)}${'</a>'.repeat(20_000)}</AdditionalData></IODEF-Document>`,
    ),
    'flood: a MiB of unknown elements': fill(GOOD.replace('</Incident>', `${FILL}</Incident>`), '<x/>'),
    'flood: a MiB of bad attributes': fill(
      GOOD.replace('</Incident>', `${FILL}</Incident>`),
      '<Contact role="x" type="y"/>',
    ),
    'flood: 50,000 attributes': fill(GOOD.replace('purpose=', `${FILL} purpose=`), (i) => ` a${i}=""`),
    'flood: the same attribute': fill(GOOD.replace('purpose=', `${FILL} purpose=`), ' a=""'),
    'flood: namespaces': fill(GOOD.replace('<Contact ', `<x ${FILL}/><Contact `), (i) => ` xmlns:n${i}="urn:${i}"`),
    'flood: the same IDs': fill(
      GOOD.replace('</Incident>', `<IndicatorData>${FILL}</IndicatorData></Incident>`),
      '<Indicator><IndicatorID name="a" version="1">x</IndicatorID><Observable/></Indicator>',
    ),
    'flood: comments and then nothing': fill(FILL, '<!---->'),
    'flood: a number of a MiB': fill(
      GOOD.replace(
        '</Incident>',
        `<Assessment><Counter type="count" unit="event">${FILL}</Counter></Assessment></Incident>`,
      ),
      '9',
    ),
    'flood: a date of a MiB': fill(GOOD.replace('2026-01-15T09:20:00Z', FILL), '2026-01-15T09:20:00Z'),
    'flood: white space and then nothing': fill(FILL, ' \n\t'),
    'flood: a name of a MiB': `<${fill(FILL, 'a')}/>`,
    'flood: character references': fill(GOOD.replace('<Contact ', `<x>${FILL}</x><Contact `), '&#65;'),
    'flood: ampersands': fill(GOOD.replace('Scans', FILL), '&'),
    'flood: CDATA that does not end': fill(GOOD.replace('Scans', `<![CDATA[${FILL}`), ']]'),
    'two roots': `${GOOD}${GOOD}`,
    'a NUL': GOOD.replace('Scans', 'Sc\0ans'),
    'a control character': GOOD.replace('Scans', 'Sc\u0007ans'),
    'a reference to a NUL': GOOD.replace('Scans', '&#0;'),
    'an unbound prefix': GOOD.replace('<Description>', '<a:b/><Description>'),
    nothing: '',
    'not XML': 'GET / HTTP/1.1\r\n\r\n',
    JSON: '{"IODEF-Document":{}}',
    cut: GOOD.slice(0, -20),
  }
  const utf16 = Buffer.from(`\ufeff${texts['XXE: external entity']}`, 'utf16le')
  const utf7 = GOOD.replaceAll('<', '+ADw-').replaceAll('>', '+AD4-')
  const bytes = Buffer.from(GOOD)
  const at = bytes.indexOf('Scans')
  const with_ = (...inserted: number[]) =>
    Buffer.concat([bytes.subarray(0, at), Buffer.from(inserted), bytes.subarray(at)])
  return [
    ...Object.entries(texts).map(([name, text]) => ({ name, body: Buffer.from(text) })),
    { name: 'XXE in UTF-16', body: utf16 },
    { name: 'invalid UTF-8: a lone byte', body: with_(0xff) },
    { name: 'invalid UTF-8: too long a form', body: with_(0xc0, 0xbc) },
    { name: 'invalid UTF-8: a surrogate', body: with_(0xed, 0xa0, 0x80) },
    { name: 'invalid UTF-8: cut', body: with_(0xe6, 0x97) },
    { name: 'UTF-7 by charset', body: Buffer.from(utf7), headers: { 'content-type': 'text/xml; charset=utf-7' } },
    { name: 'UTF-7 by declaration', body: Buffer.from(`<?xml version="1.0" encoding="UTF-7"?>${utf7}`) },
    { name: 'UTF-32', body: Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]) },
    { name: 'an unknown encoding', body: Buffer.from(`<?xml version="1.0" encoding="x-none"?>${GOOD}`) },
    { name: 'gzip, said', body: gzipSync(GOOD), headers: { 'content-encoding': 'gzip' }, status: [415] },
    { name: 'gzip, not said', body: gzipSync(GOOD) },
    {
      name: 'a gzip bomb',
      body: gzipSync(Buffer.alloc(50 * MIB)),
      headers: { 'content-encoding': 'gzip' },
      status: [415],
    },
    { name: 'another type', body: bytes, headers: { 'content-type': 'application/json' }, status: [415] },
    {
      name: 'an attribute of 9 MB',
      body: Buffer.from(GOOD.replace('"public"', `"${'a'.repeat(9_000_000)}"`)),
      status: [413],
    },
    { name: 'a text of 9 MB', body: Buffer.from(GOOD.replace('Scans', 'a'.repeat(9_000_000))), status: [413] },
  ]
}

const FILL = '@FILL@'

/** Repeats `piece` in place of the mark until the whole has just under a MiB. */
function fill(text: string, piece: string | ((i: number) => string)): string {
  let filling = ''
  const parts: string[] = []
  for (let i = 0, size = text.length; ; i += 1) {
    const part = typeof piece === 'string' ? piece : piece(i)
    size += part.length
    if (size >= MIB) break
    parts.push(part)
  }
  filling = parts.join('')
  return text.replace(FILL, () => filling)
}
