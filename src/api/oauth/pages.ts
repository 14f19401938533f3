/** The pages of OAuth: plain HTML forms, no program needed. */
import { escapeHtml } from '#api/local/render-text.ts'
import { outOfBand } from '#api/oauth/redirects.ts'
import { explainScopes } from '#api/oauth/scopes.ts'
import type { HeldToken, OauthApp } from '#api/oauth/ports.ts'

/** What an app asks for, as it stands in the address of the page. */
export type Asked = {
  readonly app: OauthApp
  readonly redirect: string
  readonly scopes: readonly string[]
  readonly state?: string
  readonly challenge?: string
}

/** The same as parameters of an authorisation request (RFC 6749, section 4.1.1; RFC 7636, section 4.3). */
export function parametersOf(asked: Asked): Readonly<Record<string, string>> {
  const { app, redirect, scopes, state, challenge } = asked
  return {
    client_id: app.client,
    redirect_uri: redirect,
    response_type: 'code',
    scope: scopes.join(' '),
    ...(state !== undefined && { state }),
    ...(challenge !== undefined && { code_challenge: challenge, code_challenge_method: 'S256' }),
  }
}

/** Asks the person whether the app may. */
export function consentPage(asked: Asked, person: string): string {
  const { app, redirect, scopes } = asked
  const site = app.website === null ? '' : ` <small>(${escapeHtml(app.website)})</small>`
  const wishes = explainScopes(scopes).map((text) => `<li>${escapeHtml(text)}</li>`)
  const where =
    redirect === outOfBand
      ? 'You will be shown a code to type into it.'
      : `You will go back to <code>${escapeHtml(new URL(redirect).host || new URL(redirect).protocol)}</code>.`
  return page(
    'Let an app in',
    `<p><strong>${escapeHtml(app.name)}</strong>${site} would like to use your account
      <strong>${escapeHtml(person)}</strong>. It will be able to:</p>
    <ul>${wishes.join('')}</ul>
    <p>${where} You can take this back at any time under
      <a href="/oauth/authorized_applications">Apps</a>.</p>
    <form method="post" action="/oauth/authorize">
      ${hidden(asked)}
      <button name="decision" value="allow" class="primary">Allow</button>
      <button name="decision" value="deny">Refuse</button>
    </form>`,
  )
}

/** Asks who is there. */
export function signInPage(address: string, wrong: boolean): string {
  return page(
    'Who is there?',
    `${wrong ? '<p role="alert">This code is not valid, or it was used already. A code works once.</p>' : ''}
    <p>Run <code>metalife status</code>: it prints a link that works once. Paste it here, or the code at its end.</p>
    <form method="post" action="/oauth/sign-in">
      <input type="hidden" name="to" value="${escapeHtml(address)}">
      <p><label>Link or code <input name="code" required autocomplete="one-time-code" spellcheck="false"></label></p>
      <button class="primary">Go on</button>
    </form>`,
  )
}

/** A cookie of ours is not sent with a visit that another site began, but with the one that this page begins. */
export function bouncePage(address: string): string {
  const to = escapeHtml(address)
  return page(
    'One moment',
    `<p><a href="${to}">Go on</a></p>`,
    `<meta http-equiv="refresh" content="0;url=${to}">`,
  )
}

/** Shows the code of an app that cannot be gone back to. */
export function codePage(code: string): string {
  return page(
    'The code',
    `<p>Copy this code and paste it into the app:</p>
    <p><input readonly value="${escapeHtml(code)}" aria-label="Code"></p>`,
  )
}

/** Says why it cannot be. */
export function refusalPage(message: string): string {
  return page('This does not work', `<p>${escapeHtml(message)}</p>`)
}

/** The apps that may use the account, each with a way to end it. */
export function appsPage(held: readonly HeldToken[]): string {
  const rows = held.map(({ token, app }) => {
    const day = (at: number): string => new Date(at).toISOString().slice(0, 10)
    return `<li><p><strong>${escapeHtml(app.name)}</strong> – ${escapeHtml(token.scopes)}<br>
      let in ${day(token.created_at)}, last used ${day(token.used_at)}</p>
      <form method="post" action="/oauth/authorized_applications">
        <input type="hidden" name="token" value="${token.id}"><button>End its access</button>
      </form></li>`
  })
  const list = rows.length > 0 ? `<ul>${rows.join('')}</ul>` : '<p>No app may use your account.</p>'
  return page('Apps', `${list}<p><a href="/">Back</a></p>`)
}

function hidden(asked: Asked): string {
  return Object.entries(parametersOf(asked))
    .map(([name, value]) => `<input type="hidden" name="${name}" value="${escapeHtml(value)}">`)
    .join('')
}

function page(title: string, body: string, head = ''): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} – MetaLife</title>
    ${head}
    <link rel="icon" href="/page/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/page/page.css">
  </head>
  <body class="locked">
    <main class="card"><h1>${title}</h1>${body}</main>
  </body>
</html>
`
}
