import { NODE, TYPE } from './native-layout.ts'
import { memory } from './native-memory.ts'

/**
 * Where elements of a text begin, which libxml2's tree does not say: the n-th element of the tree is the n-th start tag. Looked for only
 * as far as somebody asks.
 */
export class Places {
  readonly #text: string
  readonly #root: number
  /** of the start tags found so far */
  readonly #starts: number[] = []
  #from = 0
  #ordinals: Map<number, number> | undefined
  /** where lines begin, up to the first behind all that was asked for */
  readonly #lines: number[] = [0]

  constructor(text: string, root: number) {
    this.#text = text
    this.#root = root
  }

  /** Of the element at `pointer`; `ordinal` -1: nobody knows which it is. */
  at(pointer: number, ordinal: number): { readonly line: number; readonly column: number } {
    const n = ordinal >= 0 ? ordinal : (this.#numbered().get(pointer) ?? 0)
    while (this.#starts.length <= n) this.#next()
    return this.#placeOf(this.#starts[n] ?? 0)
  }

  /** In whatever order they are asked for: to count lines anew for each would be quadratic, and what is asked for is the sender's choice. */
  #placeOf(offset: number): { readonly line: number; readonly column: number } {
    const lines = this.#lines
    for (let last = lines.at(-1) ?? 0; last <= offset; last = lines.at(-1) ?? 0) {
      const newline = this.#text.indexOf('\n', last)
      lines.push(newline < 0 ? Number.POSITIVE_INFINITY : newline + 1)
    }
    let line = 0
    for (let behind = lines.length - 1; behind - line > 1; ) {
      const middle = (line + behind) >>> 1
      if ((lines[middle] ?? 0) <= offset) line = middle
      else behind = middle
    }
    return { line: line + 1, column: offset - (lines[line] ?? 0) + 1 }
  }

  /** In a well-formed text `<` stands for nothing but markup, but for comments, instructions and CDATA sections. */
  #next(): void {
    const text = this.#text
    for (let open = text.indexOf('<', this.#from); open >= 0; open = text.indexOf('<', this.#from)) {
      this.#from = open + 1
      const next = text.charCodeAt(open + 1)
      if (next === 0x21 /* ! */) this.#skip(text.startsWith('<!--', open) ? '-->' : ']]>', open + 4)
      else if (next === 0x3f /* ? */) this.#skip('?>', open + 2)
      else if (next !== 0x2f /* / */) {
        this.#starts.push(open)
        return
      }
    }
    throw new Error('there are more elements in the tree than in the text')
  }

  #skip(mark: string, from: number): void {
    const end = this.#text.indexOf(mark, from)
    this.#from = end < 0 ? this.#text.length : end + mark.length
  }

  #numbered(): ReadonlyMap<number, number> {
    if (this.#ordinals !== undefined) return this.#ordinals
    const { words } = memory
    const ordinals = new Map<number, number>()
    for (let node = this.#root; node !== 0; ) {
      const at = node >>> 2
      if (words[at + NODE.type] === TYPE.element) ordinals.set(node, ordinals.size)
      node = (words[at + NODE.type] === TYPE.element ? words[at + NODE.children] : 0) || behind(node, this.#root)
    }
    this.#ordinals = ordinals
    return ordinals
  }
}

/** What comes behind a node and all that is in it; 0 behind the root. */
function behind(node: number, root: number): number {
  const { words } = memory
  for (let at = node; at !== root && at !== 0; at = words[(at >>> 2) + NODE.parent] ?? 0) {
    const next = words[(at >>> 2) + NODE.next] ?? 0
    if (next !== 0) return next
  }
  return 0
}
