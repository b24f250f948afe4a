import { attributesOf } from '../xml/attributes.ts'
import { NS } from '../xml/namespaces.ts'

const OURS: ReadonlySet<string> = new Set([NS.iodef2, NS.iodef1, NS.incident])

/** Does the root of a payload that cannot be read say that it is IODEF? */
export function claimsIodef(xml: string): boolean {
  const root = /^\s*<(?:([^\s<>/:]{1,100}):)?[^\s<>/:]+([^<>]{0,10000})/.exec(xml)
  const declared = attributesOf(root?.[2] ?? '')
  const name = root?.[1] === undefined ? 'xmlns' : `xmlns:${root[1]}`
  return declared.some(([key, value]) => key === name && OURS.has(value))
}
