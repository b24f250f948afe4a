/** Just enough DER (X.690) to read what Node does not: the fields of a CRL, a certificate's issuer and its SRV-IDs. */
export interface Tlv {
  readonly tag: number
  /** the whole element, header included */
  readonly bytes: Buffer
  readonly content: Buffer
}

export const TAG = {
  integer: 0x02,
  octetString: 0x04,
  oid: 0x06,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  context0: 0xa0,
  context3: 0xa3,
} as const

/** The elements that stand one behind the other in `bytes`. Throws RangeError on what is not DER. */
export function elementsOf(bytes: Buffer): Tlv[] {
  const found: Tlv[] = []
  for (let at = 0; at < bytes.length; ) {
    const element = readTlv(bytes, at)
    found.push(element)
    at += element.bytes.length
  }
  return found
}

function readTlv(bytes: Buffer, at: number): Tlv {
  const tag = bytes.readUInt8(at)
  const short = bytes.readUInt8(at + 1)
  const lengthBytes = short < 0x80 ? 0 : short & 0x7f
  // 0x80 alone is the indefinite length of BER; nothing here is 4 GiB long
  if (short === 0x80 || lengthBytes > 4) throw new RangeError('not a DER length')
  const length = lengthBytes === 0 ? short : bytes.readUIntBE(at + 2, lengthBytes)
  const start = at + 2 + lengthBytes
  if (start + length > bytes.length) throw new RangeError('DER element is cut short')
  return { tag, bytes: bytes.subarray(at, start + length), content: bytes.subarray(start, start + length) }
}

/** UTCTime or GeneralizedTime as RFC 5280 §4.1.2.5 restricts them, ms since the epoch. */
export function timeOf({ tag, content }: Tlv): number {
  const text = content.toString('latin1')
  const year =
    tag === TAG.utcTime ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text.slice(0, 2)}` : text.slice(0, 4)
  const [month, day, hour, minute, second] = text.slice(tag === TAG.utcTime ? 2 : 4).match(/\d\d/g) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
