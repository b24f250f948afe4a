import { printable } from '../printable.ts'

/** Markup that is ours: what strangers wrote is escaped in it. Only `html` and `raw` make it. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Value = string | number | null | undefined | Html | readonly Html[]

/** A piece of a page. Every value that is no Html is shown as text, whatever is in it, also between quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly Value[]): Html {
  return new Html(parts.map((part, i) => part + (i < values.length ? markup(values[i]) : '')).join(''))
}

/** Only for what stands in the source. */
export function raw(markup: string): Html {
  return new Html(markup)
}

function markup(value: Value): string {
  if (value instanceof Html) return value.markup
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? value.map((one) => one.markup).join('') : escaped(String(value))
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(value: string): string {
  return printable(value).replace(/[&<>"']/g, (c) => ENTITIES[c] ?? c)
}

/** A sentence in which commands and keys stand between backquotes. */
export function sentence(words: string): Html {
  return html`${words.split('`').map((part, i) => (i % 2 === 0 ? html`${part}` : html`<code>${part}</code>`))}`
}

export function moment(ms: number): Html {
  const iso = new Date(ms).toISOString()
  return html`<time datetime="${iso}">${iso.slice(0, 19).replace('T', ' ')} UTC</time>`
}

/** `42 s`, `5 min`, `3 h`, `2 d` */
export function ago(then: number, now: number): string {
  const s = Math.max(0, Math.round((now - then) / 1000))
  if (s < 90) return `${s} s`
  if (s < 5400) return `${Math.round(s / 60)} min`
  return s < 172_800 ? `${Math.round(s / 3600)} h` : `${Math.round(s / 86_400)} d`
}

/** A path of ours with its query; what is undefined is left out. */
export function link(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? path : `${path}?${new URLSearchParams(given)}`
}

interface Cell {
  readonly text: string | number | Html
  /** figure, figure that somebody must look at, heading of the row */
  readonly kind: 'n' | 'bad' | 'head'
}

/** Rows of figures: a table where there is room, a card for each row where there is not, with the heading before each figure. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): Html {
  const head = headings.map(
    (name, i) => html`<th scope="col" role="columnheader"${i > 0 ? raw(' class="n"') : ''}>${name}</th>`,
  )
  const body = rows.map((row) => {
    const cells = row.map(({ text, kind }, i) =>
      kind === 'head'
        ? html`<th scope="row" role="rowheader">${text}</th>`
        : html`<td role="cell" class="${text === 0 ? 'n zero' : kind === 'bad' ? 'n bad' : 'n'}" data-label="${headings[i]}">${text}</td>`,
    )
    return html`<tr role="row">${cells}</tr>`
  })
  return html`<table role="table"><thead role="rowgroup"><tr role="row">${head}</tr></thead><tbody role="rowgroup">${body}</tbody></table>`
}
