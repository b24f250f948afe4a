/** Where the parts of a problem document stand: enough to find them in a stranger's text that nobody validated. */
interface Syntax {
  readonly list: RegExp
  readonly item: RegExp
  /** the value of a field, still written as the document writes it */
  field(name: string): RegExp
  decode(written: string): string
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const ESCAPES: Readonly<Record<string, string>> = { b: ' ', f: ' ', n: ' ', r: ' ', t: ' ' }

const XML: Syntax = {
  list: /<errors(?=[\s>])/,
  item: /<i(?:\s[^<>]*)?>(.*?)(?:<\/i\s*>|$)/gs,
  field: (name) => new RegExp(`<${name}(?:\\s[^<>]*)?>([^<]*)`),
  decode: (written) =>
    written
      .replace(/<[^>]*>/g, ' ')
      .replace(/&(?:#x([0-9a-f]{1,6})|#([0-9]{1,7})|(\w{2,4}));/gi, (whole, hex, decimal, name) =>
        name === undefined ? character(hex ? Number.parseInt(hex, 16) : Number(decimal)) : (ENTITIES[name] ?? whole),
      ),
}

const JSON_TEXT: Syntax = {
  list: /"errors"\s*:\s*\[/,
  item: /\{((?:[^{}"]|"(?:[^"\\]|\\.)*(?:"|$))*)(?:\}|$)/gs,
  field: (name) => new RegExp(`"${name}"\\s*:\\s*(?:"((?:[^"\\\\]|\\\\.)*)|(\\d+))`, 's'),
  decode: (written) =>
    written.replace(/\\(?:u([0-9a-f]{4})|(.))/gis, (_, hex, other) =>
      hex === undefined ? (ESCAPES[other] ?? other) : String.fromCharCode(Number.parseInt(hex, 16)),
    ),
}

/** bytes of a problem document that are looked at */
const READ = 4096
/** errors that are told */
const TOLD = 3
/** characters of the result */
const LENGTH = 400

/**
 * What an RFC 9457 problem document says, on one line: title, detail, the first errors. Empty for any other type, which might
 * be our own message. It is a stranger's text: no fault of it is an error, and what is no problem document is shown as it is.
 */
export function problemText(contentType: string | undefined, body: Uint8Array | undefined): string {
  const format = /^application\/problem\+(xml|json)\b/i.exec(contentType ?? '')?.[1]
  if (body === undefined || format === undefined) return ''
  const syntax = format.toLowerCase() === 'xml' ? XML : JSON_TEXT
  const text = new TextDecoder().decode(body.subarray(0, READ))
  const start = syntax.list.exec(text)?.index ?? text.length
  const list = text.slice(start)
  const read = (part: string, ...names: string[]) => {
    const found = names.map((name) => syntax.field(name).exec(part)).find((match) => match !== null)
    return line(syntax.decode(found?.[1] ?? found?.[2] ?? ''))
  }
  const about = text.slice(0, start) + list.replace(syntax.item, ' ')
  const head = [read(about, 'title'), read(about, 'detail')].filter((words) => words !== '').join(': ')
  const errors = [...list.matchAll(syntax.item)]
    .map(([, item = '']) => placed(read(item, 'line'), read(item, 'column'), read(item, 'reason', 'detail', 'message')))
    .filter((words) => words !== '')
  const more = errors.length > TOLD || Number(read(about, 'more')) > 0 ? ['and more'] : []
  const sentences = [head, ...errors.slice(0, TOLD), ...more].filter((words) => words !== '')
  const whole = sentences.map((words) => words.replace(/\.$/, '')).join('; ')
  return shorten(whole === '' ? line(syntax.decode(text)) : whole)
}

function placed(row: string, column: string, reason: string): string {
  if (reason === '' || !/^[1-9]\d{0,8}$/.test(row)) return reason
  return /^[1-9]\d{0,8}$/.test(column) ? `line ${row}, column ${column}: ${reason}` : `line ${row}: ${reason}`
}

function character(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd'
}

/** Nothing that ends a line, moves a cursor or turns the direction of writing. */
function line(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
}

function shorten(text: string): string {
  return text.length <= LENGTH ? text : `${text.slice(0, LENGTH - 3).replace(/[\ud800-\udbff]$/, '')}...`
}
