import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Inspection } from '../../src/reading/inspection.ts'
import { readDocument } from '../../src/reading/read-document.ts'
import { type Judgement, judge } from '../../src/relay/judge.ts'
import { parseContentType } from '../../src/rid/content-type.ts'
import { schemas } from '../support/documents.ts'
import { consume, grid, peer, sent, valid } from './journey.ts'

/** docs/decisions/0011: each file as it would be posted, and what becomes of it. */
interface Written {
  readonly file: string
  /** Content-Type */
  readonly type: string
  /** the HTTP status, or that of the Acknowledgement and its Justification */
  readonly answer: string
  /** what the 400, or the reason in log and trace, says */
  readonly says?: string
  /** what is taken with a warning */
  readonly warns?: string
  readonly reason: string
}

const folder = new URL('../../fixtures/written/', import.meta.url)
const bytes = (file: string) => readFileSync(new URL(file, folder))
const manifest: readonly Written[] = JSON.parse(bytes('manifest.json').toString('utf8'))

function post({ file, type }: Written): { inspection: Inspection; judged: Judgement } {
  const { charset } = parseContentType(type) ?? {}
  const inspection = readDocument(schemas(), bytes(file), charset === undefined ? {} : { charset })
  return { inspection, judged: judge(grid({ restrictions: ['public', 'partner'] }), peer(), inspection) }
}

function answer(judged: Judgement): string {
  if (judged.kind === 'problem') return String(judged.problem.status)
  return judged.kind === 'denied' ? `Denied ${judged.justification}` : 'Approved'
}

function said(judged: Judgement): string {
  if (judged.kind === 'denied') return judged.reason
  if (judged.kind === 'accepted') return ''
  return [judged.problem.detail, ...(judged.problem.errors ?? []).map(({ message }) => message)].join('\n')
}

test('every file of what people write is in the manifest, with a reason', () => {
  const there = readdirSync(folder).filter((file) => file !== 'manifest.json')
  assert.deepEqual(manifest.map(({ file }) => file).sort(), there.sort())
  for (const { file, reason } of manifest) assert.ok(reason.length > 5, file)
})

for (const written of manifest) {
  test(`${written.file} (${written.reason}): ${written.answer}`, async () => {
    const { inspection, judged } = post(written)
    assert.equal(answer(judged), written.answer, said(judged))
    if (written.says !== undefined) assert.match(said(judged), new RegExp(written.says, 's'))
    const warnings = inspection.warnings.map(({ message }) => message).join('\n')
    if (written.warns !== undefined) assert.match(warnings, new RegExp(written.warns))
    else if (judged.kind === 'accepted') assert.equal(warnings, '')
    if (judged.kind === 'accepted') await comesBack(inspection, judged)
  })
}

/** Nothing that was taken is altered on its way: text, types, version, addresses. */
async function comesBack(posted: Inspection, judged: Extract<Judgement, { kind: 'accepted' }>): Promise<void> {
  const items = judged.publications.map(({ item }) => consume(item.xml))
  const { document } = valid(await sent(items))
  assert.equal(document.digest, posted.document?.digest)
  assert.equal(document.shell, posted.document?.shell)
  assert.deepEqual(document.original, posted.document?.original)
}

test('what the bytes say is what arrives, in any encoding', async () => {
  for (const written of manifest.filter(({ file }) => file.startsWith('encoding-'))) {
    const text = written.reason.slice('an encoding of its own: '.length)
    const { judged } = post(written)
    assert.equal(judged.kind, 'accepted')
    if (judged.kind === 'accepted') assert.ok(judged.publications[0]?.item.xml.includes(text), written.file)
  }
})
