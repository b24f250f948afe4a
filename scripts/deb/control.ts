/** The control file, and what else describes the package to dpkg. */

export interface About {
  /** as package.json has it */
  readonly version: string
  readonly architecture: string
  readonly maintainer: string
  readonly date: Date
}

/** What the bundled Node.js is linked with (`readelf -d`, `-V`), and what the scripts call. */
const DEPENDS = 'adduser, libc6 (>= 2.28), libgcc-s1 (>= 3.4), libstdc++6 (>= 6)'

/** A pre-release sorts before its release: 1.0.0-rc.1 is 1.0.0~rc.1. */
export function debianVersion(version: string): string {
  return `${version.replace('-', '~')}-1`
}

/** `size` in KiB, as installed. */
export function controlFile({ version, architecture, maintainer }: About, size: number): string {
  return `Package: iodef-gateway
Version: ${debianVersion(version)}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${size}
Depends: ${DEPENDS}
Recommends: openssl
Suggests: prosody | ejabberd
Section: net
Priority: optional
Description: gateway between RID over HTTPS and XMPP-Grid
 Takes incident reports (IODEF, RFC 7970) from RID peers (RFC 6545, RFC 6546)
 and publishes them on the Topics of an XMPP-Grid (RFC 8600), and the other way
 round. What was acknowledged is on disk; it is shown to nobody whom its
 restriction keeps out.
 .
 The package brings the Node.js that it runs on.
`
}

export function changelog({ version, maintainer, date }: About): string {
  return `iodef-gateway (${debianVersion(version)}) unstable; urgency=medium

  * Version ${version}: changelog.gz has its changes.

 -- ${maintainer}  ${date.toUTCString().replace('GMT', '+0000')}
`
}

/** Of examples/gateway.service: the program where the package has it. */
export function packagedUnit(example: string): string {
  return example
    .replace(/^#.*\n/, '')
    .replaceAll('/opt/iodef-gateway/bin/iodef-gateway', '/usr/bin/iodef-gateway')
    .replace(
      /^Documentation=.*$/m,
      'Documentation=man:iodef-gateway(1) file:///usr/share/doc/iodef-gateway/docs/guide.md',
    )
}

/** Of examples/gateway.yaml: store and password where the unit has them. */
export function packagedExample(example: string): string {
  return example
    .replace('$schema=../schemas/', '$schema=/usr/lib/iodef-gateway/schemas/')
    .replace('path: data/gateway.db', 'path: /var/lib/iodef-gateway/gateway.db')
    .replace(/password: "\$\{GATEWAY_PASSWORD\}".*$/m, 'password: { file: gateway.password } }')
}
