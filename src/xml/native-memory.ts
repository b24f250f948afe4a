import { XmlNodeSetStruct } from 'libxml2-wasm/lib/libxml2.mjs'

/** libxml2's memory, as it is now. */
interface Memory {
  bytes: Buffer
  /** at a quarter of the address */
  words: Int32Array
}

export const memory: Memory = { bytes: Buffer.alloc(0), words: new Int32Array(0) }

/** Takes hold of the memory anew where it has grown: to be called behind everything that may have made it grow. */
export function refresh(): void {
  // of what the wrapper hands out, the one part that is a view of the memory as it stands, whatever is in it
  const { buffer } = XmlNodeSetStruct.nodeTable(0, 0)
  if (buffer === memory.words.buffer) return
  memory.bytes = Buffer.from(buffer)
  memory.words = new Int32Array(buffer)
}

refresh()

/** Where the characters at `start` end: libxml2 closes each text with a NUL. */
export function endOf(start: number): number {
  const { bytes } = memory
  for (let at = start; at < start + 32; at += 1) if (bytes[at] === 0) return at
  const end = bytes.indexOf(0, start)
  return end < 0 ? bytes.length : end
}

/** Characters of a word that is remembered, and the places there are for them: what comes later to a place takes it. */
const LONGEST = 64
const PLACES = 1024
const words: string[] = Array.from({ length: PLACES }, () => '')

/**
 * The text at `start`; 0 stands for none. Most are words that other documents have as well: to make a string of bytes costs three times
 * what it takes to see that they are one that is there.
 */
export function textAt(start: number): string {
  if (start === 0) return ''
  const { bytes } = memory
  let hash = 0
  let end = start
  for (; end < start + LONGEST; end += 1) {
    const c = bytes[end] as number
    if (c === 0 || c > 0x7f) break
    hash = (Math.imul(hash, 31) + c) | 0
  }
  if (bytes[end] !== 0) return bytes.toString('utf8', start, endOf(end))
  const place = (hash ^ (hash >>> 10)) & (PLACES - 1)
  const word = words[place] as string
  if (isAt(bytes, start, end, word)) return word
  const text = bytes.toString('latin1', start, end)
  words[place] = text
  return text
}

function isAt(bytes: Uint8Array, start: number, end: number, word: string): boolean {
  if (word.length !== end - start) return false
  for (let i = 0; i < word.length; i += 1) if (word.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
