import { page } from './markdown.ts'

/** The names that a test file gives its tests, as written: `${...}` stands in those that are made for each of several cases. */
export function testNames(file: string): string[] {
  const calls = /\b(?:test|it)\(\s*(?:'((?:\\.|[^'\\])*)'|"((?:\\.|[^"\\])*)"|`((?:\\.|[^`\\])*)`)/g
  return [...page(file).matchAll(calls)].map(([, single, double, made]) =>
    (single ?? double ?? made ?? '').replace(/\\(['"`])/g, '$1'),
  )
}

/** Whether a test of that file has this name. What stands for a `${...}` must be a text of the file, so that it is one of its cases. */
export function hasTest(file: string, name: string): boolean {
  return testNames(file).some((written) => {
    const parts = written.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/)
    const found = new RegExp(`^${parts.map(literally).join('(.+)')}$`, 's').exec(name)
    return found?.slice(1).every((made) => says(page(file), made)) ?? false
  })
}

function says(text: string, made: string): boolean {
  return new RegExp(`(?<=['"\`\\s\\[(,])${literally(made)}(?=['"\`\\s\\]),:])`).test(text)
}

function literally(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
