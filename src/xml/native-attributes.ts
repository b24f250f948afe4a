import type { ByteText } from './byte-text.ts'
import { NODE } from './native-layout.ts'
import { memory } from './native-memory.ts'
import type { AttributeName } from './native-names.ts'
import { charactersOf, isLong, type NativeDocument, NOT_PLAIN } from './native-tree.ts'
import { canonicalOrder } from './normal-form.ts'

/** Attributes of one element: they are put in order by comparing each with those before it. */
const MOST = 64

/** The attributes of one element after another, in canonical order. */
export class NativeAttributes {
  /** what facts, and whether rules, may depend on them for */
  looked = 0
  judged = false
  /** one is of a namespace that has to be declared for it */
  foreign = false
  #count = 0
  readonly #names: AttributeName[] = []
  readonly #values: number[] = []

  /** Takes in those of an element, of which `first` is the first. Values with a colon are added to `colons`, if it is there. */
  read(first: number, { spaces, names }: NativeDocument, colons: number[] | undefined): void {
    const { words, bytes } = memory
    this.looked = 0
    this.judged = this.foreign = false
    this.#count = 0
    for (let at = first; at !== 0; at = words[(at >>> 2) + NODE.next] ?? 0) {
      const n = at >>> 2
      const name = names.attribute(spaces.at(words[n + NODE.ns] ?? 0), words[n + NODE.name] ?? 0)
      if (name.odd) throw NOT_PLAIN
      const value = charactersOf(at)
      if (this.#count >= MOST || (name.looked !== 0 && isLong(value))) throw NOT_PLAIN
      this.looked |= name.looked
      this.judged ||= name.judged && (!name.extensible || startsWithE(bytes, value))
      this.foreign ||= name.foreign
      if (colons !== undefined && hasColon(bytes, value)) colons.push(value)
      this.#insert(name, value)
    }
  }

  #insert(name: AttributeName, value: number): void {
    const [names, values] = [this.#names, this.#values]
    let i = this.#count
    this.#count += 1
    for (; i > 0 && isBefore(name, names[i - 1] as AttributeName); i -= 1) {
      names[i] = names[i - 1] as AttributeName
      values[i] = values[i - 1] as number
    }
    names[i] = name
    values[i] = value
  }

  write(out: ByteText): void {
    const [names, values] = [this.#names, this.#values]
    for (let i = 0; i < this.#count; i += 1) {
      out.put((names[i] as AttributeName).open)
      const value = values[i] as number
      if (value !== 0 && !out.value(memory.bytes, value)) throw NOT_PLAIN
      out.byte(0x22 /* " */)
    }
  }
}

function isBefore(a: AttributeName, b: AttributeName): boolean {
  if (a.space === b.space) return a.local < b.local
  return canonicalOrder({ ns: a.space.ns, local: a.local }, { ns: b.space.ns, local: b.local }) < 0
}

/** In the characters at `start`; 0 stands for none. */
export function hasColon(bytes: Uint8Array, start: number): boolean {
  for (let i = start; i !== 0; i += 1) {
    const c = bytes[i]
    if (c === 0x3a) return true
    if (c === 0 || c === undefined) return false
  }
  return false
}

/** As "ext-value" does, behind white space. */
function startsWithE(bytes: Uint8Array, start: number): boolean {
  for (let i = start; i !== 0; i += 1) {
    const c = bytes[i]
    if (c !== 0x20 && c !== 0x0a && c !== 0x09 && c !== 0x0d) return c === 0x65
  }
  return false
}
