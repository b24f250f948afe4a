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
 * Characters a namespace name may have. Everybody who reads the document, libxml2's validator too, compares or writes it once
 * for each element: 80,000 elements with one of 500 KB took a minute.
 */
export const NAMESPACE_LIMIT = 1000

/**
 * Characters a normal form may have, 64 times what is published by default. Even a short namespace name, declared once for a
 * prefix, is written out at each of a hundred thousand elements.
 */
export const NORMAL_FORM_LIMIT = 16 * 1024 * 1024
