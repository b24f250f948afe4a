import type { ByteText } from './byte-text.ts'
import { hasColon, NativeAttributes } from './native-attributes.ts'
import { NODE, SPACE, TYPE } from './native-layout.ts'
import { memory, textAt } from './native-memory.ts'
import type { ElementName } from './native-names.ts'
import { BLANKS_COUNT, isLong, type NativeDocument, NativeElement, NOT_PLAIN } from './native-tree.ts'
import { type Hidden, NOTHING_HIDDEN, restore, startTag } from './normal-form.ts'
import { namesPrefix } from './value-prefixes.ts'

/** Whoever looks at elements on the way. Of the one that the walk begins with, the level is 1. */
interface Onlooker {
  /** an element of level 2, or one that facts may depend on; `looked`: for what */
  look(element: NativeElement, level: number, looked: number): void
  /** one that rules may depend on; `attributes`: on its attributes */
  judge(element: NativeElement, attributes: boolean): void
}

/** Where an element of level 2 stands in a normal form: from behind its name to its end. */
interface Part {
  readonly name: ElementName
  readonly from: number
  readonly to: number
}

/** An element that is open: one object for each level, since there are as many elements as a stranger sends. */
interface Level {
  name: ElementName
  /** what an element without prefix is in, inside of it */
  ns: string
  /** the default namespace in the text there is one that values may be names of */
  foreign: boolean
  opaque: boolean
  drop: boolean
  hidden: Hidden
  from: number
}

interface WalkOptions {
  /** how deep elements may stand */
  readonly deepest: number
  /** whoever looks wants all elements of level 2, and `parts` has them */
  readonly divided: boolean
}

/**
 * The one walk over an element of libxml2's tree: writes its normal form (as normalForm does) and shows on the way what somebody has to
 * look at. Throws NOT_PLAIN for what only reading step by step is up to.
 */
export class NativeWalk {
  readonly parts: Part[] = []
  readonly #out: ByteText
  readonly #document: NativeDocument
  readonly #onlooker: Onlooker
  readonly #options: WalkOptions
  readonly #attributes = new NativeAttributes()
  readonly #levels: Level[] = []
  /** how many of them are open */
  #depth = 0
  /** attribute prefix to namespace, as normalForm has it */
  readonly #declared = new Map<string, string>()
  /** of the next element in the document */
  #ordinal = 0
  /** the element that it begins with has attributes whose prefixes what is inside need not declare again */
  #declaring = false
  /** values and texts with colons of what is not IODEF's: they may name something by a prefix that is declared */
  readonly #colons: number[] = []

  constructor(document: NativeDocument, onlooker: Onlooker, out: ByteText, options: WalkOptions) {
    this.#document = document
    this.#onlooker = onlooker
    this.#out = out
    this.#options = options
  }

  /** `ordinal`: how many elements stand before `root`. `around`: the namespace that is the default one where it is written. */
  walk(root: NativeElement, ordinal: number, around: string): void {
    this.#ordinal = ordinal
    const { words } = memory
    for (let node = root.pointer; node !== 0; ) {
      const at = node >>> 2
      const isElement = words[at + NODE.type] === TYPE.element
      if (isElement) this.#open(node, this.#levels[this.#depth - 1]?.ns ?? around)
      else this.#content(node)
      const first = isElement ? (words[at + NODE.children] ?? 0) : 0
      if (isElement && first === 0) this.#close()
      node = first === 0 ? this.#behind(node, root.pointer) : first
    }
    const { prefixes } = this.#document
    if (this.#out.isFull || this.#colons.some((value) => namesPrefix(textAt(value), { prefixes }))) throw NOT_PLAIN
  }

  /** The node behind one that is done; closes the elements that end with it. 0: all of `root` is done. */
  #behind(done: number, root: number): number {
    const { words } = memory
    for (let node = done; node !== root; this.#close()) {
      const next = words[(node >>> 2) + NODE.next] ?? 0
      if (next !== 0) return next
      node = words[(node >>> 2) + NODE.parent] ?? 0
    }
    return 0
  }

  #open(node: number, around: string): void {
    const { words } = memory
    const at = node >>> 2
    const document = this.#document
    const space = words[at + NODE.ns] ?? 0
    const name = document.names.element(document.spaces.at(space), words[at + NODE.name] ?? 0)
    const declared = words[at + NODE.declared] ?? 0
    const inside = this.#levels[this.#depth - 1]
    // it has a text and nothing else, or is not valid: that of many that stand in each other would be looked at once for each
    if (inside !== undefined && inside.name.looked !== 0 && inside.name.plainColons && !inside.name.elementOnly)
      throw NOT_PLAIN
    if (inside?.drop === false && !document.blanks) throw BLANKS_COUNT
    const inherited = inside?.foreign ?? document.foreignDefault
    const foreign = declared === 0 ? inherited : (document.declare(declared) ?? inherited)
    if (foreign && !name.plainColons && words[(space >>> 2) + SPACE.prefix] !== 0) throw NOT_PLAIN
    if (name.odd || this.#depth >= this.#options.deepest || this.#out.isFull) throw NOT_PLAIN
    this.#attributes.read(words[at + NODE.attributes] ?? 0, document, name.plainColons ? undefined : this.#colons)
    const from = this.#out.length + name.open.length
    const element = this.#shown(node, name)
    const hidden = this.#attributes.foreign
      ? this.#foreignTag(element ?? new NativeElement(document, node, -1, name), around)
      : this.#startTag(name, around)
    const opaque = name.opaque || inside?.opaque === true
    const drop = !opaque && name.elementOnly
    this.#enter(name, foreign, opaque, drop, hidden, from)
  }

  #enter(name: ElementName, foreign: boolean, opaque: boolean, drop: boolean, hidden: Hidden, from: number): void {
    const { ns } = name.space
    const level = this.#levels[this.#depth]
    if (level === undefined) this.#levels.push({ name, ns, foreign, opaque, drop, hidden, from })
    else {
      level.name = name
      level.ns = ns
      level.foreign = foreign
      level.opaque = opaque
      level.drop = drop
      level.hidden = hidden
      level.from = from
    }
    this.#depth += 1
  }

  /** Shows an element to whoever has to look; undefined where nobody has. */
  #shown(node: number, name: ElementName): NativeElement | undefined {
    const ordinal = this.#ordinal
    this.#ordinal += 1
    const looked = name.looked | this.#attributes.looked
    const { judged } = this.#attributes
    const level = this.#depth + 1
    const isLooked = looked !== 0 || (level === 2 && this.#options.divided)
    if (!isLooked && !name.judged && !judged) return undefined
    if (name.looked !== 0 && hasLongText(node)) throw NOT_PLAIN
    const element = new NativeElement(this.#document, node, ordinal, name)
    if (isLooked) this.#onlooker.look(element, level, looked)
    if (name.judged || judged) this.#onlooker.judge(element, judged)
    return element
  }

  #startTag(name: ElementName, around: string): Hidden {
    const out = this.#out
    out.put(name.open)
    if (name.space.ns !== around) out.put(name.space.declaration)
    this.#attributes.write(out)
    out.byte(0x3e /* > */)
    return NOTHING_HIDDEN
  }

  /** With attributes of namespaces that have to be declared for them. */
  #foreignTag(element: NativeElement, around: string): Hidden {
    // what is declared at the top would not be in its parts on their own
    if (this.#declaring || element.attributes.some(({ value }) => /[\t\n\r]/.test(value))) throw NOT_PLAIN
    this.#declaring = this.#depth === 0
    return startTag(this.#out, element, around, this.#declared, false)
  }

  #close(): void {
    this.#depth -= 1
    const level = this.#levels[this.#depth]
    if (level === undefined) throw NOT_PLAIN
    const { name, hidden, from } = level
    this.#out.put(name.close)
    if (hidden !== NOTHING_HIDDEN) restore(this.#declared, hidden)
    if (this.#depth === 1 && this.#options.divided) this.parts.push({ name, from, to: this.#out.length })
  }

  /** Text, or what stands between texts and means nothing. */
  #content(node: number): void {
    const { words, bytes } = memory
    const at = node >>> 2
    const type = words[at + NODE.type]
    if (type !== TYPE.text) this.#document.breakText()
    if (type === TYPE.comment || type === TYPE.instruction) return
    const level = this.#levels[this.#depth - 1]
    if (level === undefined || (type !== TYPE.text && type !== TYPE.cdata)) throw NOT_PLAIN
    const content = words[at + NODE.content] ?? 0
    if (level.drop) {
      if (!isWhite(bytes, content)) throw NOT_PLAIN
      return
    }
    if (!level.name.plainColons && hasColon(bytes, content)) this.#colons.push(content)
    if (content !== 0 && !this.#out.text(bytes, content)) throw NOT_PLAIN
  }
}

/** Right at its beginning: text in pieces has comments or the like between them. */
function hasLongText(node: number): boolean {
  const { words } = memory
  const first = (words[(node >>> 2) + NODE.children] ?? 0) >>> 2
  return first !== 0 && words[first + NODE.type] === TYPE.text && isLong(words[first + NODE.content] ?? 0)
}

function isWhite(bytes: Uint8Array, start: number): boolean {
  for (let i = start; i !== 0; i += 1) {
    const c = bytes[i]
    if (c === 0) return true
    if (c !== 0x20 && c !== 0x0a && c !== 0x09) return false
  }
  return true
}
