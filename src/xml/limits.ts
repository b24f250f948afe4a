import type { Diagnostic } from './tree.ts'

/** A document asks for more than its size accounts for. `at` says where, when known. */
export class DocumentLimit extends Error {
  readonly at: Diagnostic

  constructor(message: string, { line, column }: { line: number; column: number } = { line: 1, column: 1 }) {
    super(message)
    this.name = 'DocumentLimit'
    this.at = { line, column, message }
  }
}

/**
 * Characters a namespace name may have, and a prefix: what a value names by a longer one (xsi:type) is not found. Everybody who reads the document, libxml2's validator too, compares or writes it once
 * for each element: 80,000 elements with one of 500 KB took a minute.
 */
export const NAMESPACE_LIMIT = 1000

/**
 * Characters a normal form may have, 64 times what is published by default. Even a short namespace name, declared once for a
 * prefix, is written out at each of a hundred thousand elements.
 */
export const NORMAL_FORM_LIMIT = 16 * 1024 * 1024

/**
 * Elements and attributes a document may have: more than fit a message of 1 MiB. A reader whose memory overflows cannot always be
 * ended alone: V8 may end the process.
 */
export const NODE_LIMIT = 300_000

/**
 * Sum over all comments, processing instructions and CDATA sections of the characters of their element's text before them. libxml2 goes
 * over that text anew for each when it validates: a leaf of 1 MiB took 5.4 s. This many take some 0.3 s.
 */
export const BROKEN_TEXT_LIMIT = 1_000_000_000

/** Bytes a document may have. One of 9 MiB takes up to 400 MiB to read, of the 1024 a reader has. */
export const BYTE_LIMIT = 16 * 1024 * 1024
