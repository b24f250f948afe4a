import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ago, html, link, moment, raw, sentence, table } from '../../src/ops/html.ts'
import { NOW } from './sources.ts'

describe('a piece of a page', () => {
  test('has every value as text, unless it is a piece of a page itself', () => {
    assert.equal(html`<a href="${`"'`}">${'<b>&'}</a>`.markup, '<a href="&quot;&#39;">&lt;b&gt;&amp;</a>')
    assert.equal(html`${html`<b>${'<'}</b>`}${[html`1`, html`2`]}${3}${null}${undefined}`.markup, '<b>&lt;</b>123')
    assert.equal(html`${raw('<i>')}`.markup, '<i>')
    assert.equal(html`a${'\u202e\u0000'}b`.markup, 'a\ufffd\ufffdb')
  })

  test('shows commands and keys of a sentence as such', () => {
    assert.equal(sentence('Renew `rid.tls.<cert>`, now.').markup, 'Renew <code>rid.tls.&lt;cert&gt;</code>, now.')
    assert.equal(sentence('').markup, '')
  })

  test('says when something was', () => {
    assert.equal(moment(NOW).markup, '<time datetime="2026-03-01T12:00:00.000Z">2026-03-01 12:00:00 UTC</time>')
  })

  for (const [ms, words] of [
    [0, '0 s'],
    [-5_000, '0 s'],
    [89_400, '89 s'],
    [90_000, '2 min'],
    [5_399_000, '90 min'],
    [5_400_000, '2 h'],
    [172_799_000, '48 h'],
    [172_800_000, '2 d'],
  ] as const) {
    test(`says ${words} of ${ms} ms`, () => assert.equal(ago(NOW - ms, NOW), words))
  }

  test('leads to a page whatever is in its query', () => {
    assert.equal(link('/trace', { incident: 'a b&c=ü"<', none: undefined }), '/trace?incident=a+b%26c%3D%C3%BC%22%3C')
    assert.equal(link('/held'), '/held')
  })

  test('is a table whose cells know their heading, for where there is no room for one', () => {
    const { markup } = table(
      ['to', 'held'],
      [
        [
          { text: '<', kind: 'head' },
          { text: 2, kind: 'bad' },
        ],
      ],
    )
    assert.match(
      markup,
      /<th scope="row" role="rowheader">&lt;<\/th><td role="cell" class="n bad" data-label="held">2<\/td>/,
    )
  })
})
