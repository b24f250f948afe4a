import { isIPv4, isIPv6 } from 'node:net'
import { NS } from '../xml/namespaces.ts'
import { attribute, text, type XmlElement } from '../xml/tree.ts'
import { flawOfUri } from '../xml/uri-reference.ts'
import { trim } from './trim.ts'

interface Form {
  readonly name: string
  fits(value: string): boolean
}

/** RFC 7970 §3.18.1, RFC 5070 §3.16.2: what the text of an Address is, by its category. */
const FORMS: ReadonlyMap<string, Form> = new Map<string, Form>([
  [
    'asn',
    { name: 'an autonomous system number, as 64496', fits: (v) => /^(?:AS)?\d{1,10}$|^\d{1,5}\.\d{1,5}$/i.test(v) },
  ],
  ['e-mail', { name: 'an email address', fits: (v) => /^.+@[^@\s]+$/s.test(v) }],
  [
    'mac',
    {
      name: 'a MAC address, as 00:00:5e:00:53:01',
      fits: (v) => /^[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}$/i.test(v),
    },
  ],
  ['ipv4-addr', { name: 'an IPv4 address, as 192.0.2.1', fits: isIPv4 }],
  ['ipv4-net', { name: 'an IPv4 network, as 192.0.2.0/24', fits: (v) => isNetwork(v, isIPv4, 32) }],
  ['ipv4-net-mask', { name: 'an IPv4 network with its mask, as 192.0.2.0/255.255.255.0', fits: isMasked }],
  [
    'ipv4-net-masked',
    { name: 'an IPv4 network with x for digits, as 192.0.2.xxx/24', fits: (v) => /^[0-9x.]+\/[0-9x]+$/i.test(v) },
  ],
  ['ipv6-addr', { name: 'an IPv6 address, as 2001:db8::1', fits: isIPv6 }],
  ['ipv6-net', { name: 'an IPv6 network, as 2001:db8::/32', fits: (v) => isNetwork(v, isIPv6, 128) }],
  [
    'ipv6-net-masked',
    {
      name: 'an IPv6 network with x for digits, as 2001:db8:xxxx::/48',
      fits: (v) => /^[0-9a-fx:.]+\/[0-9x]+$/i.test(v),
    },
  ],
  ['site-uri', { name: 'a URL', fits: (v) => flawOfUri(v) === undefined }],
])

/** What is wrong with the text of an Address of either IODEF version, given its category; undefined when nothing is known to be. */
export function addressFlaw(address: XmlElement): string | undefined {
  const written = attribute(address, 'category')?.trim()
  const category = written ?? (address.ns === NS.iodef1 ? 'ipv4-addr' : 'ipv6-addr')
  const form = FORMS.get(category)
  const value = trim(text(address))
  if (form === undefined || form.fits(value)) return undefined
  const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value
  const why = written === undefined ? `without a category it counts as ${category}` : `its category is ${category}`
  return `Address "${shown}" is not ${form.name}; ${why}.`
}

function isNetwork(value: string, isAddress: (text: string) => boolean, bits: number): boolean {
  const [address = '', prefix = '', ...more] = value.split('/')
  return more.length === 0 && isAddress(address) && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits
}

function isMasked(value: string): boolean {
  const [address = '', mask = '', ...more] = value.split('/')
  return more.length === 0 && isIPv4(address) && isIPv4(mask)
}
