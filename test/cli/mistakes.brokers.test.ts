import assert from 'node:assert/strict'
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { examine } from '../../src/cli/examine.ts'
import { readConfig } from '../../src/config/config.ts'
import { createPki, type Pki } from '../support/pki.ts'
import { type Folder, folderIn, GOOD } from './mistakes/base.ts'
import { IN_THE_FILES } from './mistakes/in-the-files.ts'
import { IN_THE_TEXT } from './mistakes/in-the-text.ts'
import { IN_THE_VALUES } from './mistakes/in-the-values.ts'
import type { Mistake } from './mistakes/mistake.ts'

/** of Debian */
const NOBODY = 65_534

interface Told {
  readonly path: string
  readonly message: string
  readonly line?: number
}

describe('a mistake in a configuration', () => {
  let pki: Pki
  let model: Folder
  const made: string[] = []

  before(async () => {
    pki = await createPki()
    model = await folderIn(join(pki.dir, 'model'), pki)
  })
  after(async () => {
    await pki.dispose()
    for (const dir of made) await rm(dir, { recursive: true, force: true })
  })

  async function mkdirFor(text: string | Uint8Array, files?: Mistake['files']) {
    const dir = await mkdtemp(join(tmpdir(), 'mistake-'))
    made.push(dir)
    await cp(model.dir, dir, { recursive: true })
    await files?.({ ...model, dir, at: (...path) => join(dir, ...path) })
    const file = join(dir, 'gateway.yaml')
    await writeFile(file, text)
    return { dir, file }
  }

  async function check(text: string | Uint8Array, files?: Mistake['files'], env: Mistake['env'] = {}) {
    const { file } = await mkdirFor(text, files)
    // what `check` says, but for the schemas, which it compiles each time
    return examine(readConfig(file, env), Date.now())
  }

  test('is none in the configuration that all of them are made of', async () => {
    // the CAs of these tests are short-lived, which is said
    const { problems, warnings } = await check(GOOD)
    assert.deepEqual(
      { problems, warnings: warnings.filter(({ message }) => !/ expires on 20/.test(message)) },
      { problems: [], warnings: [] },
    )
  })

  test('is told of a key that root can read and the user of the service cannot', async (t) => {
    if (process.getuid?.() !== 0) return t.skip('only root can look as somebody else')
    const { dir } = await mkdirFor(GOOD)
    await chmod(dir, 0o755)
    await chmod(join(dir, 'tls'), 0o755)
    process.seteuid?.(NOBODY)
    try {
      const { problems } = examine(readConfig(join(dir, 'gateway.yaml'), {}), Date.now())
      const told = problems.map(({ path, message }) => `${path}: ${message}`).join('\n')
      assert.match(told, /^rid\.tls\.key: cannot read .*rid\.key: permission denied$/m)
      assert.match(told, /^store\.path: .*must own it|^store\.path: nothing can be made in/m)
    } finally {
      process.seteuid?.(0)
    }
  })

  for (const mistake of [...IN_THE_TEXT, ...IN_THE_VALUES, ...IN_THE_FILES]) {
    test(`is told with key, place and remedy: ${mistake.name}`, async () => {
      const text = textOf(mistake)
      const { problems, warnings } = await check(text, mistake.files, mistake.env)
      const said = mistake.kind === 'problem' ? problems : warnings
      const found = said.filter(({ path }) => path === mistake.key)
      const hit = found.find(({ message }) => mistake.says.test(message))
      assert.ok(hit, `of ${mistake.key}: ${JSON.stringify({ problems, warnings })}`)
      assert.equal(hit.line, lineOf(mistake, text), hit.message)
      // one mistake, one problem: nothing false behind it
      if (mistake.kind === 'problem') assert.deepEqual(echoes(mistake, problems), [])
      const others = warnings.filter((warning) => warning !== hit && !/ expires on 20/.test(warning.message))
      assert.deepEqual(others, [])
    })
  }
})

/** A Topic that is called otherwise is missing in three places, and each is to be mended. */
function echoes({ key, says, name }: Mistake, problems: readonly Told[]): Told[] {
  if (name.includes('where it is described') || name.includes('swapped')) return []
  // that it is missing where it was misspelt is true, too
  const meant = /did you mean "(\w+)"/.exec(says.source)?.[1]
  const isMissing = ({ path, message }: Told) => message.startsWith('is required') && path.split('.').at(-1) === meant
  return problems.filter((told) => !isMissing(told) && (told.path !== key || !says.test(told.message)))
}

function textOf({ swap, text }: Mistake): string | Uint8Array {
  if (text) return text(GOOD)
  if (!swap) return GOOD
  assert.ok(GOOD.includes(swap[0]), `nothing to change: ${swap[0]}`)
  return GOOD.replace(swap[0], swap[1])
}

/** The line of the text that must be named. */
function lineOf({ swap, at }: Mistake, text: string | Uint8Array): number | undefined {
  if (at === null) return undefined
  const whole = typeof text === 'string' ? text : Buffer.from(text).toString('latin1')
  const offset = whole.indexOf(at ?? swap?.[1] ?? '')
  assert.ok(offset >= 0, `${at} is not in the text`)
  return whole.slice(0, offset).split('\n').length
}
