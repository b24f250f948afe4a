import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { page, ROOT } from './markdown.ts'

/** The names that a test file gives its tests, as written: `${...}` stands in those that are made for each of several cases. */
function testNames(text: string): string[] {
  const calls = /\b(?:test|it)\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`|(\w+),)/g
  return [...text.matchAll(calls)].map(([, single, double, made, variable]) =>
    variable === undefined ? (single ?? double ?? made ?? '').replace(/\\(['"`])/g, '$1') : `\${name}`,
  )
}

/**
 * Whether a test of that file has this name. What stands for a `${...}` must be one of its cases: a text of the file, or a file that
 * it goes through.
 */
export function hasTest(file: string, name: string): boolean {
  const text = page(file)
  return testNames(text).some((written) => {
    const parts = written.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
    const found = new RegExp(`^${parts.map(literally).join('(.+)')}$`, 's').exec(name)
    return found?.slice(1).every((made) => says(text, made) || isInput(made)) ?? false
  })
}

function isInput(made: string): boolean {
  return ['fixtures', 'fixtures/valid', 'schemas'].some((folder) => existsSync(join(ROOT, folder, made)))
}

/** A number, or a whole literal: not the beginning of another. */
function says(text: string, made: string): boolean {
  if (/^\d+$/.test(made)) return new RegExp(`\\b${made}\\b`).test(text)
  return new RegExp(`(['"\`])${literally(made)}\\1`).test(text)
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
