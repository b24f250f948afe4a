import { encodingOf } from '../xml/encodings.ts'

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*(?=;|$)`)
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})(?:=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)")?)?)?`, 'y')
/** Their non-ASCII text is ASCII too: read as if the charset were not there, it would be taken, and garbled. */
const SEVEN_BIT = /utf-?7|^(?:x-|cs)?iso-?2022|^hz/

interface ContentType {
  /** lower case */
  readonly type: string
  /** lower case, the first one given that is of use */
  readonly charset?: string
}

/** Peers send few different ones. */
const read = new Map<string, ContentType>()
const MOST = 64
/** characters of those that are remembered */
const LONGEST = 128

/** Reads a Content-Type (RFC 9110 §8.3.1) with whatever parameters; undefined when it is not one. */
export function parseContentType(value: string): ContentType | undefined {
  const known = read.get(value)
  if (known !== undefined) return known
  const type = parse(value)
  if (type === undefined || value.length > LONGEST) return type
  if (read.size >= MOST) read.clear()
  read.set(value, type)
  return type
}

function parse(value: string): ContentType | undefined {
  const text = value.trim()
  const type = MEDIA_TYPE.exec(text)
  if (type?.[1] === undefined) return undefined
  let charset: string | undefined
  for (let at = type[0].length; at < text.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const parameter = PARAMETER.exec(text)
    if (parameter === null) return undefined
    const [, name, token, quoted] = parameter
    if (name?.toLowerCase() === 'charset') charset ??= usable((token ?? quoted ?? '').replace(/\\(.)/g, '$1'))
  }
  return { type: type[1].toLowerCase(), ...(charset ? { charset } : {}) }
}

/** A charset that the decoder reads, or must refuse. What else stands there says no more than no charset at all. */
function usable(value: string): string | undefined {
  const name = value.replace(/^'|'$/g, '').trim().toLowerCase()
  return SEVEN_BIT.test(name) || encodingOf(name) !== undefined ? name : undefined
}

/** What keeps a field value that parseContentType does not read from being a media type, as a sentence. */
export function contentTypeFlaw(value: string): string {
  const text = value.trim()
  if (text === '') return 'It is empty.'
  if (!/^[^;,"]*\/[^;,"]/.test(text)) return 'A media type is written as text/xml.'
  if (/[ \t]=|=[ \t]/.test(text)) return 'No white space may stand around "=", as in charset=utf-8.'
  if ((text.match(/"/g)?.length ?? 0) % 2 === 1) return 'A quotation mark is not closed.'
  if (/^[^;"]*,/.test(text)) return 'There may be one media type only.'
  return 'Parameters are written as ; charset=utf-8.'
}
