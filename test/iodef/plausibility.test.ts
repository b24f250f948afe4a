import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { implausible } from '../../src/iodef/plausibility.ts'
import { NS } from '../../src/xml/namespaces.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import { elements } from '../../src/xml/tree.ts'

const told = (xml: string, ns: string = NS.iodef2) =>
  elements(scan(`<top xmlns="${ns}">${xml}</top>`)).flatMap((element) => [...implausible(element)])

const address = (text: string, category?: string) =>
  `<Address${category === undefined ? '' : ` category="${category}"`}>${text}</Address>`

/** What says nothing, and what is told and how. */
const CASES: Record<string, { kept: string[]; told: [xml: string, message: RegExp][] }> = {
  'a port beyond 65535 or below 0': {
    kept: ['<Port>0</Port>', '<Port> 65535 </Port>'],
    told: [
      ['<Port>65536</Port>', /^Port 65536 is none: ports are 0 to 65535\.$/],
      ['<Port>-1</Port>', /^Port -1 is none/],
    ],
  },
  'a list of ports that nobody can have meant': {
    kept: ['<Portlist>2,5-15,30</Portlist>', '<Portlist> 80-80 </Portlist>'],
    told: [
      ['<Portlist>80,443-440</Portlist>', /443-440: the range begins above its end; write 440-443/],
      ['<Portlist>1-70000</Portlist>', /1-70000: ports are 0 to 65535/],
    ],
  },
  'the text of an address against its category': {
    kept: [
      address('2001:db8::1'),
      address(' 192.0.2.1 ', ' ipv4-addr '),
      address('192.0.2.0/24', 'ipv4-net'),
      address('192.0.2.0/255.255.255.0', 'ipv4-net-mask'),
      address('192.0.2.xxx/24', 'ipv4-net-masked'),
      address('2001:db8::/32', 'ipv6-net'),
      address('2001:db8:xxxx::/48', 'ipv6-net-masked'),
      address('AS64496', 'asn'),
      address('64496', 'asn'),
      address('a@b.example', 'e-mail'),
      address('00:00:5E:00:53:01', 'mac'),
      address('https://a.example/', 'site-uri'),
      address('anything', 'atm'),
      address('anything', 'ext-value'),
    ],
    told: [
      [address('192.0.2.1'), /"192\.0\.2\.1" is not an IPv6 address, as .*; without a category it counts as ipv6-addr/],
      [address('192.0.2.256', 'ipv4-addr'), /is not an IPv4 address, as 192\.0\.2\.1; its category is ipv4-addr/],
      [address('192.0.2.0', 'ipv4-net'), /network/],
      [address('192.0.2.0/33', 'ipv4-net'), /network/],
      [address('2001:db8::/129', 'ipv6-net'), /network/],
      [address('192.0.2.0/24', 'ipv4-net-mask'), /mask/],
      [address('example.org', 'e-mail'), /email/],
      [address('00:00:5e:00:53', 'mac'), /MAC/],
      [address('example', 'asn'), /autonomous/],
      [address('hxxp://a[.]example', 'site-uri'), /URL/],
    ],
  },
  'a time without a zone': {
    kept: ['<DetectTime>2026-11-01T10:00:00Z</DetectTime>', '<EndTime>2026-11-01T10:00:00.5-05:00</EndTime>'],
    told: [
      [
        '<GenerationTime> 2026-11-01T10:00:00 </GenerationTime>',
        /^GenerationTime has no time zone, so nobody knows when that was: write 2026-11-01T10:00:00Z for UTC/,
      ],
    ],
  },
  'an Incident without restriction': {
    kept: ['<Incident restriction="partner"/>', '<Incident ext-restriction="x"/>', '<EventData/>'],
    told: [
      [
        '<Incident/>',
        /^Incident has no restriction, which makes it private \(RFC 7970 §3\.3\.1\).*Write what is meant/,
      ],
    ],
  },
  'an end before the beginning': {
    kept: [
      '<Incident restriction="public"><StartTime>2026-11-01T10:00:00Z</StartTime><EndTime>2026-11-01T11:30:00+01:00</EndTime></Incident>',
      '<Incident restriction="public"><EndTime>2026-11-01T10:00:00Z</EndTime></Incident>',
    ],
    told: [
      [
        '<EventData><StartTime>2026-11-01T10:00:00Z</StartTime><EndTime>2026-11-01T10:30:00+01:00</EndTime></EventData>',
        /^EventData ends before it begins/,
      ],
    ],
  },
}

describe('values that nobody can have meant', () => {
  for (const [name, { kept, told: wrong }] of Object.entries(CASES)) {
    test(name, () => {
      for (const xml of kept) assert.deepEqual(told(xml), [], xml)
      for (const [xml, message] of wrong) {
        assert.equal(told(xml).length, 1, xml)
        assert.match(told(xml)[0] ?? '', message)
      }
    })
  }

  test('are told in IODEF 1, by its defaults, and in no other vocabulary', () => {
    assert.deepEqual(told(address('192.0.2.1'), NS.iodef1), [])
    assert.match(told(address('::1'), NS.iodef1)[0] ?? '', /counts as ipv4-addr/)
    assert.equal(told('<Port>70000</Port>', NS.iodef1).length, 1)
    assert.deepEqual(told(`<Port>70000</Port>${address('x')}`, 'urn:example:other'), [])
  })
})
