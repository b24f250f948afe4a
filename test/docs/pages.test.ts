import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, test } from 'node:test'
import { iodefGateway } from '../cli/capture.ts'
import { blocks, PAGES, page, ROOT } from './markdown.ts'

describe('the pages', () => {
  for (const file of PAGES) {
    test(`${file} links to what is there`, () => {
      const text = page(file).replace(/^```.*?^```$/gms, '')
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue
        const [path = '', anchor] = target.split('#')
        const found = path === '' ? file : join(dirname(file), path)
        assert.ok(existsSync(join(ROOT, found)), `${target}: ${found} is there`)
        if (anchor !== undefined)
          assert.ok(anchorsOf(page(found)).includes(anchor), `${target}: there is such a heading`)
      }
    })

    test(`${file} names commands and options that exist`, async () => {
      for (const { command, options } of commandLines(page(file))) {
        const help = await helpOf(command)
        for (const option of options) assert.ok(help.includes(option), `${command} takes ${option}`)
      }
    })

    test(`${file} has no row of a table without its heading`, () => {
      const text = page(file).replace(/^```.*?^```$/gms, '')
      for (const [table] of text.matchAll(/(?:^\|.*\n?)+/gm))
        assert.match(table, /^\|.*\n\|[-|:]+\|\n/, table.slice(0, 80))
    })

    test(`${file} has each of its sections in its list of them, where it has one`, () => {
      const text = page(file)
      const listed = [...text.matchAll(/^- \[[^\]]+\]\((#[^)]+)\)$/gm)].map(([, anchor]) => anchor)
      const sections = [...text.matchAll(/^##? .+$/gm)].flatMap(([heading]) => anchorsOf(heading)).slice(1)
      if (listed.length > 0)
        assert.deepEqual(
          listed,
          sections.map((section) => `#${section}`),
        )
    })

    test(`${file} names no place of somebody's machine`, () => {
      assert.doesNotMatch(page(file), /\/(home|root|work|Users|tmp)\//)
    })
  }

  test('name npm scripts that exist', () => {
    const { scripts } = JSON.parse(page('package.json')) as { scripts: Record<string, string> }
    const named = PAGES.flatMap((file) =>
      [...page(file).matchAll(/npm run ([a-z0-9-]+)/g)].map((match) => match[1] ?? ''),
    )
    assert.ok(named.includes('demo'))
    for (const name of named) assert.ok(Object.hasOwn(scripts, name), `npm run ${name}`)
  })

  test('name files of the sources, tests and scripts that are there', () => {
    for (const file of PAGES) {
      for (const [, path = ''] of page(file).matchAll(
        /`((?:src|test|scripts|bench|examples|fixtures)\/[\w./-]+\.\w+)`/g,
      )) {
        assert.ok(existsSync(join(ROOT, path)), `${file}: ${path}`)
      }
    }
  })

  test('have a heading each, and each decision is in the list', () => {
    for (const file of PAGES) assert.match(page(file), /^# \S/)
    const list = page('docs/decisions/README.md')
    const decisions = PAGES.filter((file) => /decisions\/\d/.test(file))
    assert.ok(decisions.length >= 8)
    for (const file of decisions) assert.ok(list.includes(`(${file.slice('docs/decisions/'.length)})`), file)
  })
})

test('the changes have each heading once for a version, and nothing between two entries', () => {
  const [, ...versions] = page('CHANGELOG.md').split(/^## /m)
  for (const version of versions) {
    const headings = [...version.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading)
    assert.deepEqual(headings, [...new Set(headings)])
    assert.doesNotMatch(version, /\n\n- (?<!### \w+\n\n- )/)
  }
})

/** As GitHub makes them. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Every `iodef-gateway COMMAND ...` of the page, with the options that follow it on its line. */
function commandLines(text: string): { command: string; options: string[] }[] {
  return [...text.matchAll(/iodef-gateway (--?[a-z]+|[a-z]+)\b([^\n`;&]*)/g)].map(([, command = '', rest = '']) => ({
    command,
    options: rest.match(/(?<=\s)--[a-z-]+/g) ?? [],
  }))
}

async function helpOf(command: string): Promise<string> {
  const { code, out } = await iodefGateway(command.startsWith('-') ? [command] : [command, '--help'])
  assert.equal(code, 0, `there is a command ${command}`)
  return out
}

test('every file that a fenced shell line of the README names can be had', () => {
  const lines = blocks(page('README.md'))
    .filter(({ language }) => language === 'sh')
    .flatMap(({ body }) => body.split('\n'))
  assert.ok(lines.length > 10)
  for (const line of lines) {
    for (const [path] of line.matchAll(/(?<=^|\s)bin\/\S+/g)) assert.ok(existsSync(join(ROOT, path)), path)
  }
})
