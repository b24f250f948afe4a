import type { Reply } from '../rid/contract.ts'
import { NS } from '../xml/namespaces.ts'

/** bytes: an Acknowledgement has less than a thousand */
const LONGEST = 2_048

/** between tags, where it means nothing */
const S = '[ \\t\\r\\n]*'
/** values and texts of characters that nobody has to escape, nor can mistake */
const VALUE = '[\\w .,:;@#/()+-]*'
const TEXT = '[\\w \\t\\r\\n.,:;@/#()+-]*'
const WORD = '[\\w-]{1,60}'

const [RID, IODEF1] = [NS.rid, NS.iodef1].map((ns) => ns.replaceAll('.', '\\.'))

/** How a RID system spells an Acknowledgement: `rid` and `iodef` are what its names begin with, `root` and `own` what it declares. */
interface Spelling {
  readonly rid: string
  readonly iodef: string
  /** attributes of the root */
  readonly root: string
  /** declaration of an element of IODEF */
  readonly own: string
}

/** RFC 6545 §5: an Acknowledgement of this spelling and nothing else, from its first character to its last. */
function acknowledgement({ rid, iodef, root, own }: Spelling): RegExp {
  const tag = (name: string, attributes: string, content: string) =>
    `<${name}${attributes}>${S}${content}</${name}>${S}`
  const empty = (name: string, attributes: string) => `<${name}${attributes}(?:/>|></${name}>)${S}`
  const text = (name: string, attributes = '') => `<${name}${attributes}>${TEXT}</${name}>${S}`
  const node = `(?:${text(`${iodef}NodeName`)})?` + `(?:${text(`${iodef}Address`, `(?: category="${VALUE}")?`)})?`
  const id = text(`${iodef}IncidentID`, `${own} name="${VALUE}"(?: instance="${VALUE}")?`)
  const policy =
    `(?:${empty(`${rid}PolicyRegion`, ` region="${VALUE}"`)})+` +
    tag(`${iodef}Node`, own, node) +
    `(?:${empty(`${rid}TrafficType`, ` type="${VALUE}"`)})+(?:${id})?`
  const kind = ' MsgType="Acknowledge?ment" MsgDestination="RIDSystem"'
  const why = `(?: Justification="(?<why>${WORD})"(?: ext-Justification="(?<own>${WORD})")?)?`
  const status = ` AuthorizationStatus="(?<status>Approved|Pending|Denied)"${why}`
  const content = tag(`${rid}RIDPolicy`, kind, policy) + empty(`${rid}RequestStatus`, status)
  const declaration = `(?:<\\?xml version="1\\.0"(?: encoding="(?:UTF-8|utf-8)")?\\?>${S})?`
  return new RegExp(`^${declaration}${tag(`${rid}RID`, root, content)}$`)
}

const LANG = '(?: lang="[a-zA-Z-]{1,8}")?'

/** With a prefix for each vocabulary: as RFC 6545 §7 shows it and the RSA agent writes it, IODEF in a namespace of its own included. */
function prefixed(prefix: string): Spelling {
  const declared = ` xmlns:${prefix}="${RID}" xmlns:iodef="urn:ietf:params:xml:ns:iodef-1\\.(?:0|42)"`
  return { rid: `${prefix}:`, iodef: 'iodef:', root: `(?:${LANG}${declared}|${declared}${LANG})`, own: '' }
}

const FORMS = [
  // ours: message.ts
  acknowledgement({ rid: '', iodef: '', root: ` xmlns="${RID}"${LANG}`, own: `(?: xmlns="${IODEF1}")` }),
  acknowledgement(prefixed('iodef-rid')),
  acknowledgement(prefixed('rid')),
]

/**
 * What `readReply` says of an Acknowledgement in a form that our own and known peers send, without XML being parsed: the whole text fits
 * the form, or the answer is undefined, and nothing is known of it.
 */
export function readPlainReply(bytes: Uint8Array, charset?: string): Reply | undefined {
  if (bytes.byteLength > LONGEST || !(charset === undefined || /^(?:utf-8|us-ascii)$/i.test(charset))) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  for (const form of FORMS) {
    const found = form.exec(text)?.groups
    if (found === undefined) continue
    const { status, why, own } = found
    const justification = why === 'ext-value' ? (own ?? why) : why
    return {
      kind: 'acknowledgement',
      status: status as 'Approved' | 'Pending' | 'Denied',
      ...(justification !== undefined && { justification }),
    }
  }
  return undefined
}
