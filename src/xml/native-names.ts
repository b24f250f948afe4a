import { NS } from './namespaces.ts'
import { SPACE } from './native-layout.ts'
import { memory, textAt } from './native-memory.ts'
import { escapeAttribute } from './normal-form.ts'
import { isEverybodys } from './value-prefixes.ts'

/** What whoever walks a tree knows of a name ahead, so that it has to ask once for each and not once for each element. */
interface Traits {
  /** the tree is none for this way of reading */
  readonly odd: boolean
  /** what facts may depend on an element, or attribute, of that name for: bits that mean something to whoever looks */
  readonly looked: number
  /** rules may depend on it */
  readonly judged: boolean
}

export interface ElementTraits extends Traits {
  readonly elementOnly: boolean
  readonly opaque: boolean
  /** a colon in its text or values is a colon, and names nothing by a prefix */
  readonly plainColons: boolean
}

/** Asked once for each name. */
export interface Vocabulary {
  element(ns: string, local: string): ElementTraits
  attribute(ns: string, local: string): AttributeTraits
}

export interface ElementName extends ElementTraits {
  readonly space: Space
  readonly local: string
  /** `<local` */
  readonly open: Uint8Array
  /** `</local>` */
  readonly close: Uint8Array
}

/** `extensible`: rules may depend on it where it says "ext-value" only */
export interface AttributeTraits extends Traits {
  readonly extensible: boolean
}

export interface AttributeName extends AttributeTraits {
  readonly space: Space
  readonly local: string
  /** of a namespace that has to be declared for it */
  readonly foreign: boolean
  /** ` local="`, and ` xml:local="` in that namespace */
  readonly open: Uint8Array
}

/** A namespace and the names that were met in it, by their place in the parser's dictionary. */
interface Space {
  readonly ns: string
  /** as a default namespace it names nothing in values */
  readonly everybodys: boolean
  /** ` xmlns="..."` */
  readonly declaration: Uint8Array
  readonly elements: Map<number, ElementName>
  readonly attributes: Map<number, AttributeName>
}

/**
 * Names as libxml2's dictionary of one parser context has them: equal ones are one pointer for as long as the context is there, so each
 * is read once and not for each element.
 */
export class Names {
  readonly #vocabulary: Vocabulary
  readonly #spaces = new Map<string, Space>()

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary
  }

  space(ns: string): Space {
    const known = this.#spaces.get(ns)
    if (known !== undefined) return known
    const declaration = Buffer.from(` xmlns="${escapeAttribute(ns)}"`)
    const space = { ns, everybodys: isEverybodys(ns), declaration, elements: new Map(), attributes: new Map() }
    this.#spaces.set(ns, space)
    return space
  }

  element(space: Space, pointer: number): ElementName {
    const known = space.elements.get(pointer)
    if (known !== undefined) return known
    const local = textAt(pointer)
    const traits = this.#vocabulary.element(space.ns, local)
    const name = { ...traits, space, local, open: Buffer.from(`<${local}`), close: Buffer.from(`</${local}>`) }
    space.elements.set(pointer, name)
    return name
  }

  attribute(space: Space, pointer: number): AttributeName {
    const known = space.attributes.get(pointer)
    if (known !== undefined) return known
    const local = textAt(pointer)
    const open = Buffer.from(` ${space.ns === NS.xml ? 'xml:' : ''}${local}="`)
    const foreign = space.ns !== '' && space.ns !== NS.xml
    const name = { ...this.#vocabulary.attribute(space.ns, local), space, local, foreign, open }
    space.attributes.set(pointer, name)
    return name
  }
}

/** The namespaces that one document declares, by the address of their xmlNs. */
export class Spaces {
  readonly #names: Names
  readonly #none: Space
  readonly #known = new Map<number, Space>()
  #last = 0
  #space: Space

  constructor(names: Names) {
    this.#names = names
    this.#none = names.space('')
    this.#space = this.#none
  }

  /** Of an xmlNs; 0 stands for no namespace. */
  at(pointer: number): Space {
    if (pointer === 0) return this.#none
    if (pointer === this.#last) return this.#space
    const space = this.#known.get(pointer) ?? this.#read(pointer)
    this.#last = pointer
    this.#space = space
    return space
  }

  #read(pointer: number): Space {
    const space = this.#names.space(textAt(memory.words[(pointer >>> 2) + SPACE.href] ?? 0))
    this.#known.set(pointer, space)
    return space
  }
}
