import { isIP } from 'node:net'

/** Whether a server on each of these hosts, with one port, would be in the other's way. A name is only known to be itself. */
export function overlap(a: string, b: string): boolean {
  const [one, other] = [canonical(a), canonical(b)]
  return one === other || covers(one, other) || covers(other, one)
}

/** Node listens on `::` for IPv4, too. */
function covers(every: string, host: string): boolean {
  return every === '::' || (every === '0.0.0.0' && isIP(host) === 4)
}

function canonical(host: string): string {
  const url = isIP(host) === 6 ? URL.parse(`http://[${host}]`) : null
  return url === null ? host.toLowerCase() : url.hostname.slice(1, -1)
}

/** Whether only this machine reaches a server on it. */
export function isLoopback(host: string): boolean {
  const one = canonical(host)
  return one === 'localhost' || one === '::1' || (isIP(one) === 4 && one.startsWith('127.'))
}
