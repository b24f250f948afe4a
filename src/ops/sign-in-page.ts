import { frame, type Viewer } from './frame.ts'
import { html, sentence } from './html.ts'

/** `next`: the path that was asked for. `said`: why it did not work. */
export function signInPage(viewer: Viewer, next: string, said?: string): string {
  const body = html`<section aria-labelledby="sign-in"><h2 id="sign-in">Sign in</h2>
${said && html`<p class="bad" role="alert">${sentence(said)}</p>`}
<form method="post" action="/sign-in"><input type="hidden" name="next" value="${next}">
<label for="token">The token (<code>ops.token</code> of the configuration)</label>
<div class="ask"><input id="token" name="token" type="password" autocomplete="current-password" maxlength="1000" required autofocus><button>Sign in</button></div></form>
<p class="dim small">Signed in already, and came from elsewhere? <a href="${next}">Open it again</a>.</p></section>`
  return frame(viewer, { title: 'Sign in', body })
}

/** A page that says one thing. */
export function messagePage(viewer: Viewer, title: string, said: string): string {
  const body = html`<section><h2>${title}</h2><p>${said}</p><p><a href="/">Overview</a></p></section>`
  return frame(viewer, { title, body })
}
