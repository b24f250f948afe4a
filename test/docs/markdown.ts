import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Every page that people read, relative to the root. */
export const PAGES = [...globSync('*.md', { cwd: ROOT }), ...globSync('docs/**/*.md', { cwd: ROOT })].sort()

export function page(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** The fenced blocks of a page; `mark` is the text of an HTML comment right above one. */
export function blocks(text: string): { language: string; body: string; mark: string | undefined }[] {
  const found = text.matchAll(/(?:<!-- ?([^>]*?) ?-->\n)?^```(\S*)\n(.*?)^```$/gms)
  return [...found].map(([, mark, language = '', body = '']) => ({ language, body, mark }))
}
