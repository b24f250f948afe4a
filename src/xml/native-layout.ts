/**
 * Where libxml2's structs (tree.h) have what is read of them, in 32-bit words: the WebAssembly build of libxml2-wasm. native-check.ts
 * looks at a known document before it believes any of it.
 */
export const NODE = {
  type: 1,
  name: 2,
  children: 3,
  parent: 5,
  next: 6,
  ns: 9,
  content: 10,
  attributes: 11,
  declared: 12,
} as const

/** xmlNs */
export const SPACE = { next: 0, href: 2, prefix: 3 } as const

/** xmlElementType */
export const TYPE = { element: 1, attribute: 2, text: 3, cdata: 4, instruction: 7, comment: 8 } as const
