/** What a server says in its own words, as far as a line of a log can take it. */
export function words(text: string): string {
  return text
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
    .trim()
    .slice(0, 200)
}

/** The same of a name that it chose, such as that of a condition: a parser takes longer ones, and what is no letter. */
export function nameWords(name: string): string {
  return words(name).slice(0, 60)
}

/** ` (the words)`, or nothing where there are none. */
export function inBrackets(text: string | null | undefined): string {
  const said = words(text ?? '')
  return said === '' ? '' : ` (${said})`
}
