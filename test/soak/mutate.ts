import type { Chance } from '../support/arbitraries.ts'
import { createRandom } from '../support/random.ts'

/** The choices of a soak: cheaper by far than fast-check's, and they need not shrink. The same seed, the same inputs. */
export function createChance(seed: number): Chance {
  const random = createRandom(seed)
  const int = (max: number) => Math.floor(random() * (max + 1))
  return { int, pick: (from) => from[int(from.length - 1)] ?? from[0], once: (n) => int(n - 1) === 0 }
}

/** What somebody puts into a document who knows where parsers, schemas and policies have their seams. */
const WORDS = [
  '',
  '<',
  '>',
  '/>',
  '&',
  '"',
  "'",
  ']]>',
  '<![CDATA[',
  '<!--',
  '-->',
  '--',
  '<?x ?>',
  '<?xml version="1.0" encoding="utf-16"?>',
  '<?xml version="1.1"?>',
  '<!DOCTYPE a>',
  '<!DOCTYPE IODEF-Document [<!ENTITY a "private">]>',
  '&a;',
  '&#0;',
  '&#13;',
  '&#x85;',
  '&#xFFFE;',
  '&#x110000;',
  '&#99999999999999999999;',
  '\0',
  '\r',
  '\r\n',
  '\u0085',
  '\u2028',
  '\ufeff',
  '\ufffe',
  '\ud800',
  '\u{10ffff}',
  '\u202e',
  '\u0132',
  '\u{20000}',
  ' xmlns=""',
  ' xmlns:xml="http://www.w3.org/XML/1998/namespace"',
  ' xmlns:xmlns="urn:a"',
  ' xmlns:q=":"',
  ' xmlns:q=""',
  ' xmlns:i="urn:ietf:params:xml:ns:iodef-2.0"',
  ' xmlns="urn:ietf:params:xml:ns:iodef-1.0"',
  ' xmlns:r="urn:ietf:params:xml:ns:iodef-rid-2.0"',
  ' xml:foo="1"',
  ' xml:space="default"',
  ' xml:base="http://[::"',
  ' xml:id="a b"',
  ' xml:lang=""',
  ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="q:x"',
  ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="MLStringType"',
  ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="1"',
  ' xmlns:p="urn:p" select="p:a"',
  ' restriction="public"',
  ' restriction="private"',
  ' restriction="red"',
  ' restriction=" private "',
  ' restriction="default"',
  ' restriction="ext-value" ext-restriction="TLP:CLEAR"',
  ' ext-restriction="x"',
  ' observable-id="o1"',
  ' dtype="xml"',
  ' dtype="string"',
  ' version="2.0"',
  '<Incident/>',
  '<AdditionalData dtype="xml"><Incident xmlns="urn:ietf:params:xml:ns:iodef-1.0"/></AdditionalData>',
  '<AdditionalData dtype="xml"><Incident xmlns="urn:ietf:params:xml:ns:iodef-2.0" restriction="private"/></AdditionalData>',
  '<AdditionalData dtype="xml"><a xmlns="">t<b xmlns="urn:b"/></a></AdditionalData>',
  '<AdditionalData dtype="xml"><xml:foo/></AdditionalData>',
  '<AdditionalData dtype="xml"><report xmlns="urn:xmpp:incident:2"/></AdditionalData>',
  '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>',
  '<context xmlns="urn:x-iodef-gateway:context:1"><original>YQ==</original></context>',
  '<RIDPolicy xmlns="urn:ietf:params:xml:ns:iodef-rid-2.0" restriction="private"/>',
  '<IODEF-Document xmlns="urn:ietf:params:xml:ns:iodef-2.0" version="2.00"/>',
] as const

const OPENING = [' ', '<', '>', '"', '/'] as const
const VALUES = /="[^"]*"|='[^']*'/g
const ELEMENTS = /<([\w:.-]+)(?:\s[^<>]*)?>[^<>]*<\/\1>/g

/** A text that somebody put his hands into once: mostly where names, attributes, values and elements begin. */
export function mutate(c: Chance, text: string, others: readonly string[] = []): string {
  switch (c.int(8)) {
    case 0:
      return text.slice(0, c.int(text.length)) + text.slice(c.int(text.length))
    case 1:
      return onMatch(c, text, ELEMENTS, (one) => one + one)
    case 2:
      return onMatch(c, text, ELEMENTS, () => '')
    case 3:
      return onMatch(c, text, VALUES, () => `="${c.pick(WORDS).replaceAll('"', '')}"`)
    case 4: {
      const other = others[c.int(Math.max(0, others.length - 1))] ?? text
      const piece = matchOf(c, other, ELEMENTS)?.[0] ?? ''
      return onMatch(c, text, ELEMENTS, (one) => (c.once(2) ? piece : one + piece))
    }
    case 5: {
      const at = c.int(text.length)
      return (
        text.slice(0, at) +
        String.fromCodePoint(c.pick([0, 9, 0x20, 0x3a, 0xb7, 0x301, 0xfffd, 0x1f600])) +
        text.slice(at + c.int(1))
      )
    }
    default: {
      const at = text.indexOf(c.pick(OPENING), c.int(text.length))
      if (at < 0) return text
      return text.slice(0, at) + c.pick(WORDS) + text.slice(at + (c.once(4) ? c.int(20) : 0))
    }
  }
}

/** Bytes that a line, a disk or a hand damaged. */
export function damage(c: Chance, bytes: Uint8Array): Uint8Array {
  const out = Buffer.from(bytes)
  switch (c.int(4)) {
    case 0:
      for (let n = 1 + c.int(3); n > 0 && out.length > 0; n -= 1) out[c.int(out.length - 1)] = c.int(255)
      return out
    case 1:
      return out.subarray(c.once(2) ? c.int(8) : 0, out.length - c.int(Math.min(64, out.length)))
    case 2: {
      const at = c.int(out.length)
      return Buffer.concat([out.subarray(0, at), Buffer.from([c.int(255), c.int(255)]), out.subarray(at)])
    }
    case 3: {
      const [from, to] = [c.int(out.length), c.int(out.length)]
      return Buffer.concat([out.subarray(0, from), out.subarray(to, to + c.int(200)), out.subarray(from)])
    }
    default:
      for (let i = c.int(7); i < out.length; i += 1 + c.int(400)) out[i] = (out[i] ?? 0) ^ (1 << c.int(7))
      return out
  }
}

function matchOf(c: Chance, text: string, pattern: RegExp): RegExpExecArray | undefined {
  const all = [...text.matchAll(pattern)]
  return all[c.int(Math.max(0, all.length - 1))]
}

function onMatch(c: Chance, text: string, pattern: RegExp, change: (one: string) => string): string {
  const match = matchOf(c, text, pattern)
  if (match === undefined) return text
  return text.slice(0, match.index) + change(match[0]) + text.slice(match.index + match[0].length)
}
