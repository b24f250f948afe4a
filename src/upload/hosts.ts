import { isIP } from 'node:net'
import { addressList, isListed } from '../address-list.ts'

/** Where files may be put to and fetched from. */
export interface Hosts {
  /** The URL, or, in a sentence, why it is not used. */
  admit(url: string): URL | string
  /** May a connection go to that address? A private one only where it is listed. */
  allows(address: string): boolean
}

/** Not of the Internet (RFC 6890), or another address in disguise. */
const PRIVATE = addressList([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  ...[
    '::/96',
    '::ffff:0:0:0/96',
    '64:ff9b::/96',
    '64:ff9b:1::/48',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
  ],
  ...['fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
])

/** `listed`: as in grid.upload.hosts. */
export function createHosts(listed: readonly string[]): Hosts {
  const names = new Set(listed.map((host) => (isIP(host) === 6 ? `[${host}]` : host.toLowerCase())))
  const permitted = addressList(listed.filter((host) => isIP(host.split('/')[0] ?? '') > 0))
  return {
    admit(written) {
      const url = URL.parse(written)
      if (url === null) return 'The URL of the file is none.'
      if (url.protocol !== 'https:') return `The URL of the file is ${url.protocol}//, not https://.`
      if (url.username !== '' || url.password !== '') return 'The URL of the file holds a user or a password.'
      if (!names.has(url.host)) return `The file is at ${url.host}, which grid.upload.hosts does not list.`
      return url
    },
    allows: (address) => !isListed(PRIVATE, address) || isListed(permitted, address),
  }
}
