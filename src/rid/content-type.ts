const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"
const MEDIA_TYPE = new RegExp(`^(${TOKEN}/${TOKEN})[ \\t]*(?=;|$)`)
const PARAMETER = new RegExp(`[ \\t]*;[ \\t]*(?:(${TOKEN})=(?:(${TOKEN})|"((?:[^"\\\\]|\\\\.)*)"))?`, 'y')

export interface ContentType {
  /** lower case */
  readonly type: string
  /** lower case, the first one given */
  readonly charset?: string
}

/** Reads a Content-Type (RFC 9110 §8.3.1) with whatever parameters; undefined when it is not one. */
export function parseContentType(value: string): ContentType | undefined {
  const text = value.trim()
  const type = MEDIA_TYPE.exec(text)
  if (type?.[1] === undefined) return undefined
  let charset: string | undefined
  for (let at = type[0].length; at < text.length; at = PARAMETER.lastIndex) {
    PARAMETER.lastIndex = at
    const parameter = PARAMETER.exec(text)
    if (parameter === null) return undefined
    const [, name, token, quoted] = parameter
    if (name?.toLowerCase() === 'charset') charset ??= (token ?? quoted ?? '').replace(/\\(.)/g, '$1').toLowerCase()
  }
  return { type: type[1].toLowerCase(), ...(charset ? { charset } : {}) }
}
