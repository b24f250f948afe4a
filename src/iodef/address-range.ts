import { isIPv4, isIPv6 } from 'node:net'

/** Both ends of a range of IP addresses, each as 32 hex digits that sort as the addresses do; IPv4 as ::ffff:0:0/96. */
interface AddressRange {
  readonly lo: string
  readonly hi: string
}

/**
 * What an Address of one of the IP categories (RFC 7970 §3.18.1) stands for: `192.0.2.1`, `192.0.2.0/24`, `192.0.2.0/255.255.255.0`,
 * `2001:db8::/32`. Undefined for any other text, and for a mask with holes.
 */
export function addressRange(written: string): AddressRange | undefined {
  const [address = '', mask, ...more] = written.trim().replace(/%.*$/s, '').split('/')
  const bits = bitsOf(address)
  if (bits === undefined || more.length > 0) return undefined
  const isV4 = isIPv4(address)
  const prefix = mask === undefined ? 128 : prefixOf(mask, isV4)
  if (prefix === undefined) return undefined
  const free = 2n ** BigInt(128 - prefix) - 1n
  return { lo: hex(bits & ~free), hi: hex(bits | free) }
}

/** The beginnings of all networks that hold a range with this beginning: those whose end lies behind the range's do hold it. */
export function beginningsAround(lo: string): string[] {
  const bits = BigInt(`0x${lo}`)
  const starts = Array.from({ length: 129 }, (_, prefix) => hex(bits & ~(2n ** BigInt(128 - prefix) - 1n)))
  return [...new Set(starts)]
}

function bitsOf(address: string): bigint | undefined {
  if (isIPv4(address)) return (0xffffn << 32n) | v4(address)
  return isIPv6(address) ? v6(address) : undefined
}

function v4(address: string): bigint {
  return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(Number(part)), 0n)
}

function v6(address: string): bigint {
  const tail = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(address)
  const last = tail?.[2] === undefined ? undefined : v4(tail[2])
  const plain =
    last === undefined ? address : `${tail?.[1]}${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`
  const [before = '', after] = plain.split('::')
  const groups = (part: string | undefined) => (part === undefined || part === '' ? [] : part.split(':'))
  const [head, back] = [groups(before), groups(after)]
  const zeros = Array.from({ length: Math.max(0, 8 - head.length - back.length) }, () => '0')
  return [...head, ...zeros, ...back].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n)
}

/** Of 128 bits. */
function prefixOf(mask: string, isV4: boolean): number | undefined {
  if (/^\d{1,3}$/.test(mask)) {
    const length = Number(mask) + (isV4 ? 96 : 0)
    return length <= 128 ? length : undefined
  }
  if (!isV4 || !isIPv4(mask)) return undefined
  const ones = v4(mask).toString(2).padStart(32, '0')
  return /^1*0*$/.test(ones) ? 96 + ones.replaceAll('0', '').length : undefined
}

function hex(bits: bigint): string {
  return bits.toString(16).padStart(32, '0')
}
