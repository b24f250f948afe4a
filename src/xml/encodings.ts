import { isUtf8 } from 'node:buffer'

/**
 * The one name that a label (RFC 5070 §4.1: any registered one) goes by here; undefined where Node.js has no decoder for it, or one
 * that could hide markup (UTF-7). The labels are those of the Encoding Standard, and what makers of code pages write in their place.
 */
export function encodingOf(label: string): string | undefined {
  const name = label.trim().toLowerCase()
  // nearly all say this, and a decoder is dear to make
  if (name === 'utf-8') return name
  if (ASCII.has(name)) return 'us-ascii'
  for (const candidate of [name, spelled(name)]) {
    const label = ALIASES.get(candidate) ?? candidate
    const encoding = decoderOf(label)
    if (encoding !== undefined) return narrower(encoding, label)
  }
  return undefined
}

const ASCII: ReadonlySet<string> = new Set(
  'us-ascii ascii us iso646-us iso-ir-6 cp367 ibm367 csascii ansi_x3.4-1968 ansi_x3.4-1986'.split(' '),
)

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['cp65001', 'utf-8'],
  ['cp932', 'windows-31j'],
  ['ms932', 'windows-31j'],
  ['windows-932', 'windows-31j'],
  ['cp936', 'gbk'],
  ['ms936', 'gbk'],
  ['windows-936', 'gbk'],
  ['euc-cn', 'gb2312'],
  ['cp949', 'euc-kr'],
  ['ms949', 'euc-kr'],
  ['uhc', 'euc-kr'],
  ['cp950', 'big5'],
  ['ms950', 'big5'],
  ['windows-950', 'big5'],
  ['cp819', 'iso-8859-1'],
  ['latin7', 'iso-8859-13'],
  ['latin8', 'iso-8859-14'],
  ['latin9', 'iso-8859-15'],
  ['latin10', 'iso-8859-16'],
])

/** `Latin-1`, `ISO8859_15`, `EUC_JP`, `KOI8_R`, `win1251` as the Encoding Standard writes them. */
function spelled(name: string): string {
  return name
    .replaceAll('_', '-')
    .replace(/^latin-/, 'latin')
    .replace(/^iso-?8859-?(?=\d)/, 'iso-8859-')
    .replace(/^(?:win|ms)-?(?=\d)/, 'windows-')
}

function decoderOf(label: string): string | undefined {
  try {
    const { encoding } = new TextDecoder(label)
    if (encoding === 'x-user-defined') return undefined
    // without an order in its name the bytes say it
    return encoding === 'utf-16le' && !label.endsWith('le') ? 'utf-16' : encoding
  } catch {
    return undefined
  }
}

/** Encodings that the Encoding Standard reads as the code page with letters where they have control characters. */
const WIDER: ReadonlyMap<string, string> = new Map([
  ['iso-8859-1', 'windows-1252'],
  ['iso-8859-9', 'windows-1254'],
  ['iso-8859-11', 'windows-874'],
])

function narrower(encoding: string, label: string): string {
  const page = encoding.slice(-4).replace('-', '')
  const narrow = [...WIDER].find(([, wide]) => wide === encoding)?.[0]
  return narrow === undefined || label.endsWith(page) ? encoding : narrow
}

/**
 * What characters of an encoding cannot be, though Node.js's decoder gives them for what it has no character for: controls and private
 * use characters. Its Shift_JIS also changes places of three controls.
 */
const ODD: ReadonlyMap<string, RegExp> = new Map([
  ...['gbk', 'big5', 'euc-jp', 'euc-kr', 'iso-2022-jp'].map((name) => [name, /[\x80-\x9f\ue000-\uf8ff]/] as const),
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  ['shift_jis', /[\x1a\x1c\x7f-\x9f\ue000-\uf8ff]/],
])

type Text = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly at: number }

/**
 * Decodes by a name of encodingOf, UTF-16 with its byte order. `at` is the offset of the first byte that the encoding does not allow:
 * U+FFFD is never put in its place.
 */
export function decodeBytes(bytes: Uint8Array, encoding: string): Text {
  const text = read(bytes, encoding, false)
  return text === undefined ? { ok: false, at: firstBad(bytes, encoding) } : { ok: true, text }
}

/** `cut`: a sequence that is merely not complete at the end is left out. */
function read(bytes: Uint8Array, encoding: string, cut: boolean): string | undefined {
  // at once, where a decoder would have to be made; one that is fatal finds the same bytes good
  if (encoding === 'utf-8' && !cut) return isUtf8(bytes) ? utf8(bytes) : undefined
  if (encoding === 'us-ascii') return bytes.some((byte) => byte > 0x7f) ? undefined : latin1(bytes)
  if (encoding === 'iso-8859-1') return latin1(bytes)
  const decoder = WIDER.get(encoding) ?? encoding
  try {
    const text = new TextDecoder(decoder, { fatal: true, ignoreBOM: true }).decode(bytes, { stream: cut })
    if (ODD.get(encoding)?.test(text)) return undefined
    return decoder === encoding ? text : withControls(text, decoder)
  } catch {
    return undefined
  }
}

function utf8({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('utf8')
}

function latin1({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('latin1')
}

/** The letters that a code page has at 0x80 to 0x9F back to the control characters that stand there. */
function withControls(text: string, codePage: string): string {
  const controls = Array.from({ length: 32 }, (_, i) => String.fromCharCode(0x80 + i))
  const letters = new Map(controls.map((control, i) => [letterAt(0x80 + i, codePage), control]))
  return text.replace(/[^\0-\xff]/g, (letter) => letters.get(letter) ?? letter)
}

function letterAt(byte: number, codePage: string): string {
  return new TextDecoder(codePage).decode(Uint8Array.of(byte))
}

/** By halving: decoding is far faster than a loop here. */
function firstBad(bytes: Uint8Array, encoding: string): number {
  const good = (end: number, cut: boolean) => read(bytes.subarray(0, end), encoding, cut) !== undefined
  let low = 0
  let high = bytes.length + 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (good(middle, true)) low = middle
    else high = middle
  }
  // the bytes before may begin the sequence that went wrong: at most three of four
  let start = low
  while (start > 0 && low - start < 3 && !good(start, false)) start -= 1
  return start
}
