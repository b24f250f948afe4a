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

/** The text at `start`; 0 stands for none. */
export function textAt(start: number): string {
  return start === 0 ? '' : memory.bytes.toString('utf8', start, endOf(start))
}
