import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withheldFrom } from '../../src/relay/render-rid.ts'
import { consume, grid, peer, plan, sent, valid } from '../relay/journey.ts'
import { documentText, incidentText, ridText } from '../support/documents.ts'

const open = peer({ name: 'open', restrictions: ['public', 'partner'] })
const restricted = (restriction: string | undefined) =>
  restriction === undefined ? '' : ` restriction="${restriction}"`

/** A RID Report whose policy, XMLDocument and Incident say these. */
function message(policy: string | undefined, holder: string | undefined, incident = 'public'): string {
  const document = documentText([incidentText({ attributes: restricted(incident) })])
  return ridText(document, { policyAttributes: restricted(policy), documentAttributes: restricted(holder) })
}

test('a report that only its XMLDocument restricts does not leave the Topic for a peer that may not see it', async () => {
  const posted = valid(message(undefined, 'private'))
  const made = plan(posted)
  assert.equal(made.kind, 'publish')
  const consumed = consume(made.kind === 'publish' ? (made.publications[0]?.item.xml ?? '') : '')
  assert.deepEqual(consumed.part.needed, ['private'])
  assert.match(withheldFrom(open, 'incident', consumed.part) ?? '', /"private"/)
  // and the next RID system learns of it
  const again = await sent([consumed])
  assert.deepEqual(valid(again).document.needed, ['private'])
})

test('a Topic of bare documents takes none whose restriction stands in the RID message around it', () => {
  for (const [policy, holder] of [
    ['private', undefined],
    [undefined, 'need-to-know'],
    [undefined, 'default'],
  ]) {
    const made = plan(valid(message(policy, holder)), grid({ payload: 'iodef' }))
    assert.equal(made.kind === 'denied' && made.code, 'cannot-carry', `${policy} ${holder}`)
  }
  for (const [policy, holder] of [
    [undefined, undefined],
    ['public', 'public'],
  ]) {
    assert.equal(
      plan(valid(message(policy, holder)), grid({ payload: 'iodef' })).kind,
      'publish',
      `${policy} ${holder}`,
    )
  }
})

test('whatever policy, XMLDocument and Incident say, an item asks for as much as its message, or is not made', () => {
  // RID takes these from the schema of IODEF 1
  const words = [undefined, 'public', 'need-to-know', 'private', 'default']
  const denied: string[] = []
  for (const policy of words) {
    for (const holder of words) {
      for (const incident of ['public', 'partner', 'amber', 'ext-value', 'default']) {
        const about = `${policy} ${holder} ${incident}`
        const posted = valid(message(policy, holder, incident))
        const made = plan(posted)
        if (made.kind === 'denied') {
          assert.equal(made.code, 'cannot-carry', about)
          denied.push(about)
        } else {
          assert.equal(made.kind, 'publish')
          const xml = made.kind === 'publish' ? (made.publications[0]?.item.xml ?? '') : ''
          assert.deepEqual(consume(xml).part.needed, posted.document.needed, about)
        }
      }
    }
  }
  // one attribute cannot say `default` and something stricter than what the document says
  assert.ok(denied.length > 0 && denied.every((about) => about.includes('default')), denied.join('; '))
})
