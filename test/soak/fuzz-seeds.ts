import { readdirSync, readFileSync } from 'node:fs'
import { decode } from '../../src/xml/decode.ts'
import { scan } from '../../src/xml/parse-tree.ts'
import type { Chance } from '../support/arbitraries.ts'
import { ridText } from '../support/documents.ts'
import { iodefDocument } from '../support/iodef-arbitrary.ts'
import { oddDocument } from '../support/odd-content.ts'
import { respell } from '../support/respell.ts'
import { mutate } from './mutate.ts'

/** Larger ones would take the time of a hundred others. */
const MOST = 20_000

/** Texts of the fixtures, RID messages, documents of both versions and what people wrote. */
export function seedTexts(folders: readonly string[] = ['valid', 'rid', 'written', 'invalid']): string[] {
  return folders.flatMap((folder) => {
    const at = new URL(`../../fixtures/${folder}/`, import.meta.url)
    return readdirSync(at)
      .filter((name) => name.endsWith('.xml'))
      .flatMap((name) => {
        const decoded = decode(readFileSync(new URL(name, at)))
        return decoded.ok && decoded.text.length < MOST ? [decoded.text] : []
      })
  })
}

/** A document, mostly valid: of the fixtures, or made up, each an Incident that no other has. */
export function someText(c: Chance, n: number, seeds: readonly string[]): string {
  const seed = () => seeds[c.int(seeds.length - 1)] ?? ''
  if (c.once(3)) return seed()
  const text = c.once(2) ? iodefDocument(c, 3).text.replaceAll('csirt.example', `n${n}.example`) : oddDocument(c, n)
  // most of what is made up says here and there that it is private: then nothing of it may get through
  const shown = c.once(3)
    ? text
    : text.replace(/ (?:ext-)?restriction="[^"]*"/g, ' ').replaceAll('<Incident ', '<Incident restriction="public" ')
  const spelled = c.once(3) ? respell(c, scan(shown), { noise: true, damage: false }) : shown
  return c.once(2) ? ridText(spelled.replace(/^<\?xml[^>]*\?>/, '')) : spelled
}

/** The same after up to `most` changes, and as often after none: what is not valid ends at the schema. */
export function mutated(c: Chance, text: string, most: number, seeds: readonly string[]): string {
  let out = text
  for (let changes = c.once(2) ? 0 : 1 + c.int(most - 1); changes > 0; changes -= 1) out = mutate(c, out, seeds)
  return out
}

/** The text in some encoding, and the charset that Content-Type says, which may be wrong. */
export function encode(c: Chance, text: string): { readonly bytes: Uint8Array; readonly charset?: string } {
  const said = c.once(8)
    ? c.pick(['utf-8', 'iso-8859-1', 'us-ascii', 'utf-16', 'utf-16le', 'shift_jis', 'windows-1252', 'x'])
    : undefined
  const charset = said === undefined ? {} : { charset: said }
  if (!c.once(12)) return { bytes: Buffer.from(text), ...charset }
  const mark = c.once(2) ? '\ufeff' : ''
  const declared = (name: string) => `<?xml version="1.0" encoding="${name}"?>${text.replace(/^<\?xml[^>]*\?>/, '')}`
  switch (c.int(3)) {
    case 0:
      return { bytes: Buffer.from(mark + text, 'utf16le'), ...charset }
    case 1:
      return { bytes: Buffer.from(mark + text.padEnd(2), 'utf16le').swap16(), ...charset }
    case 2:
      return {
        bytes: Buffer.from(declared(c.pick(['iso-8859-1', 'windows-1252', 'utf-8', 'EUC-JP'])), 'latin1'),
        ...charset,
      }
    default:
      return { bytes: Buffer.from(mark + declared('utf-8')), ...charset }
  }
}
