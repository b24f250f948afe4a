/** UTF-16 code units of a piece. */
const SIZE = 65_536

/**
 * Replaces in a long text piece by piece: a regular expression remembers every match until it is done, which for 16 MiB of
 * references is more memory than a reader has. `cut` moves the end of a piece back to where the text may be cut; by default
 * anywhere.
 */
export function inPieces(
  text: string,
  replace: (piece: string) => string,
  cut: (text: string, end: number) => number = (_, end) => end,
): string {
  if (text.length <= SIZE) return replace(text)
  const pieces: string[] = []
  for (let at = 0; at < text.length; ) {
    const end = at + SIZE >= text.length ? text.length : cut(text, at + SIZE)
    // what cannot be cut within its size is one piece
    const next = end > at ? end : text.length
    const piece = replace(text.slice(at, next))
    // V8 leaves what it put together in thousands of parts, 32 bytes each, until somebody looks at a character
    piece.charCodeAt(0)
    pieces.push(piece)
    at = next
  }
  return pieces.join('')
}
