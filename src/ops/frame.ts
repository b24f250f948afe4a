import { type Html, html, link, moment, raw } from './html.ts'
import type { Session } from './session.ts'
import { STYLE } from './style.ts'

/** Who looks, and at which gateway. */
export interface Viewer {
  readonly name: string
  readonly version: string
  /** ms since the epoch */
  readonly now: number
  /** undefined: nobody can sign in, and everybody may read */
  readonly signIn: undefined | { readonly session: Session | undefined }
}

/** What an operator may do: only in a session. */
export function sessionOf({ signIn }: Viewer): Session | undefined {
  return signIn?.session
}

/** Ids, reasons and the trace: where operators sign in, only for them. */
export function mayRead({ signIn }: Viewer): boolean {
  return signIn === undefined || signIn.session !== undefined
}

interface Frame {
  readonly title: string
  /** path of the page, where it is one of the menu */
  readonly at?: string
  /** a page with a form is never read anew by itself: that would lose what is being written */
  readonly refresh?: boolean | undefined
  readonly body: Html
}

const MENU = [
  ['/', 'Overview'],
  ['/held', 'Held'],
  ['/trace', 'Trace'],
] as const

/** A whole page, as text. Self-contained: nothing is loaded from anywhere. */
export function frame(viewer: Viewer, { title, at, refresh, body }: Frame): string {
  const { name, version, now } = viewer
  const menu = MENU.map(
    ([path, word]) => html`<a href="${path}"${path === at ? raw(' aria-current="page"') : ''}>${word}</a>`,
  )
  const notice = sessionOf(viewer)?.noticed()
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
${refresh ? raw('<meta http-equiv="refresh" content="5">') : ''}<title>${title} · iodef-gateway</title>
<style>${raw(STYLE)}</style></head><body>
<a class="skip" href="#main">To the content</a>
<header><h1>${name}</h1><nav aria-label="Pages">${menu}${signing(viewer)}</nav></header>
<p class="dim small">iodef-gateway ${version} · ${moment(now)}${refreshing(refresh)}</p>
<main id="main">
${notice && html`<p class="notice${notice.done ? '' : ' no'}" role="status">${notice.text}</p>`}
${body}
</main>
</body></html>
`.markup
}

function refreshing(refresh: boolean | undefined): Html | undefined {
  if (refresh === undefined) return undefined
  return refresh
    ? html` · refreshes every 5 s (<a href="/?still">hold still</a>)`
    : html` · holds still (<a href="/">refresh</a>)`
}

function signing({ signIn }: Viewer): Html | undefined {
  if (signIn === undefined) return undefined
  if (signIn.session === undefined) return html`<a href="/sign-in">Sign in</a>`
  return html`<form method="post" action="/sign-out">${sealField(signIn.session, 'sign-out')}<button class="plain">Sign out</button></form>`
}

function sealField(session: Session, act: string): Html {
  return html`<input type="hidden" name="seal" value="${session.seal(act)}">`
}

/** One thing that an operator may do, as the form that does it carries it. */
export type Act =
  | { readonly act: 'retry' | 'discard'; readonly id: string }
  /** `until`: ms since the epoch; what is held since is not meant */
  | { readonly act: 'retry-group' | 'discard-group'; readonly group: string; readonly until: string }
  | { readonly act: 'pause' | 'resume'; readonly kind: string; readonly name: string }

/** What is sealed of an act: all of it. */
export function actText(act: Act): string {
  return JSON.stringify(Object.entries(act).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** A button that does it; `sure` has it behind a second one. */
export function actForm(session: Session, act: Act, label: string, sure?: string): Html {
  const fields = Object.entries(act).map(([key, value]) => html`<input type="hidden" name="${key}" value="${value}">`)
  const button = sure === undefined ? html`<button>${label}</button>` : html`<button class="danger">${sure}</button>`
  const form = html`<form method="post" action="/act">${fields}${sealField(session, actText(act))}${button}</form>`
  return sure === undefined ? form : html`<details><summary>${label}</summary>${form}</details>`
}

export function deliveryLink(id: string): Html {
  return html`<a href="${link('/delivery', { id })}">${id}</a>`
}

export function incidentLink(incident: string): Html {
  return html`<a href="${link('/trace', { incident })}">${incident}</a>`
}

export function destinationLink(kind: string, name: string, words = `${word(kind)} ${name}`): Html {
  return html`<a href="${link('/destination', { kind, name })}">${words}</a>`
}

/** `Topic`, `peer`, `JID` */
export function word(kind: string): string {
  return { topic: 'Topic', jid: 'JID' }[kind] ?? kind
}
