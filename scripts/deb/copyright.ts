/** debian/copyright, machine-readable: ours, and that of each package that comes along. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Module } from './modules.ts'

const APACHE = ' On Debian systems the text of the Apache License 2.0 is in /usr/share/common-licenses/Apache-2.0.'

export function copyright(root: string, modules: readonly Module[]): string {
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: iodef-gateway

Files: *
Copyright: the authors of iodef-gateway
License: Apache-2.0
${APACHE}
${modules.map((module) => `\n${stanza(root, module)}`).join('')}`
}

function stanza(root: string, { path }: Module): string {
  const about = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as {
    license?: string
    author?: string | { name?: string }
  }
  const files = readdirSync(join(root, path)).filter((file) => /^(licen[cs]e|copying)/i.test(file))
  const text = files.map((file) => readFileSync(join(root, path, file), 'utf8').trim()).join('\n\n')
  const holders = text.match(/^.*copyright (?:\(c\)|©|\d).*$/gim)?.slice(0, 5) ?? []
  const author = typeof about.author === 'string' ? about.author : about.author?.name
  const said = holders.length > 0 ? holders.map((line) => line.trim()).join('\n ') : (author ?? 'its authors')
  return `Files: usr/lib/iodef-gateway/${path}/*
Copyright: ${said}
License: ${(about.license ?? 'MIT').replaceAll(/\s+/g, '-')}
${about.license === 'Apache-2.0' ? APACHE : indented(text === '' ? 'As its package.json says; it brings no text of the license.' : text)}
`
}

/** As a field has it: a space before each line, and a full stop in an empty one. */
function indented(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n')
}
