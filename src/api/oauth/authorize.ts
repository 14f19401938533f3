/** The authorisation endpoint: RFC 6749 section 4.1, RFC 7636 (S256 only), RFC 9207. */
import type { Context } from 'hono'
import { readParameters, type Parameters } from '#api/mastodon/parameters.ts'
import type { OauthContext } from '#api/oauth/context.ts'
import { invalidClient, oauthError } from '#api/oauth/oauth-error.ts'
import {
  bouncePage,
  codePage,
  consentPage,
  parametersOf,
  refusalPage,
  signInPage,
  type Asked,
} from '#api/oauth/pages.ts'
import type { OauthApp } from '#api/oauth/ports.ts'
import { formTarget, outOfBand, withQuery } from '#api/oauth/redirects.ts'
import { covers, parseScopes } from '#api/oauth/scopes.ts'
import { hashSecret, newSecret } from '#api/oauth/secrets.ts'
import { errorResponse, type HttpError } from '#http/http-error.ts'
import { contentPolicy } from '#http/security.ts'

/** How long a code holds. */
const CODE_MS = 600_000

/** The app waits for the window that it opened; nothing on our pages can be read from there. */
const openWindow = { 'cross-origin-opener-policy': 'unsafe-none' } as const

/** GET: asks the person, once it is sure that they are the person. */
export async function showAuthorize(context: OauthContext, c: Context): Promise<Response> {
  const given = await readParameters(c)
  const target = await targetOf(context, given)
  if (!('app' in target)) return refused(c, target)
  const asked = askedOf(target, given)
  if (!('app' in asked)) return sendBack(c, target.redirect, errorOf(asked, given, c))
  if (!context.sessions.admits(c.req.raw)) return askWho(c)
  const { handle, name } = await context.me()
  return html(consentPage(asked, name ?? handle), 200, target.redirect)
}

/** POST: the person has decided. */
export async function decideAuthorize(context: OauthContext, c: Context): Promise<Response> {
  const given = await readParameters(c)
  const target = await targetOf(context, given)
  if (!('app' in target)) return refused(c, target)
  const asked = askedOf(target, given)
  if (!('app' in asked)) return sendBack(c, target.redirect, errorOf(asked, given, c))
  if (!context.sessions.admits(c.req.raw)) return html(signInPage(addressOf(asked), false), 401)
  if (given.text('decision') !== 'allow') {
    const denied = oauthError('access_denied', 'The person refused.')
    return sendBack(c, target.redirect, errorOf(denied, given, c))
  }
  const code = newSecret()
  const now = context.clock.now()
  await context.oauth.addCode(
    {
      hash: hashSecret(code),
      app_id: asked.app.id,
      redirect: asked.redirect,
      scopes: asked.scopes.join(' '),
      challenge: asked.challenge ?? null,
      expires_at: now + CODE_MS,
    },
    now,
  )
  const iss = `${new URL(c.req.url).origin}/`
  return sendBack(c, asked.redirect, { code, state: asked.state, iss })
}

/** POST: a code of a link that works once makes this browser the person's. */
export async function signIn({ sessions }: OauthContext, c: Context): Promise<Response> {
  const given = await readParameters(c)
  const to = given.text('to', 8000) ?? ''
  const back = /^\/oauth\/[^\\\s]*$/.test(to) ? to : '/'
  const text = (given.text('code') ?? '').trim()
  const secret = /[?&]token=([\w-]+)/.exec(text)?.[1] ?? text
  if (!sessions.signIn(c, secret)) return html(signInPage(back, true), 401)
  for (const [name, value] of Object.entries(openWindow)) c.header(name, value)
  return c.redirect(back, 303)
}

/** For a page that only the person may see: another page where they are not known yet. */
export function askWho(c: Context): Response {
  const url = new URL(c.req.url)
  if (url.searchParams.has('asked')) {
    url.searchParams.delete('asked')
    return html(signInPage(url.pathname + url.search, false), 401)
  }
  url.searchParams.set('asked', '1')
  return html(bouncePage(url.pathname + url.search), 200)
}

/** An answer in HTML that works inside a window which an app opened. */
export function html(body: string, status: number, redirect?: string): Response {
  const target = redirect === undefined ? '' : formTarget(redirect)
  const policy = contentPolicy.replace("form-action 'self'", `form-action 'self' ${target}`.trim())
  const headers = new Headers({
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': policy,
    ...openWindow,
    // With no-referrer a browser would not say that a form comes from here.
    'referrer-policy': 'same-origin',
    'cache-control': 'no-store',
  })
  return new Response(body, { status, headers })
}

type Target = { readonly app: OauthApp; readonly redirect: string }

/** The app and where its answer goes; without both nothing may be sent anywhere. */
async function targetOf({ oauth }: OauthContext, given: Parameters): Promise<Target | HttpError> {
  const app = await oauth.app(given.text('client_id') ?? '')
  if (!app) return invalidClient()
  const redirect = given.text('redirect_uri', 2000) ?? ''
  if (app.redirects.includes(redirect)) return { app, redirect }
  return oauthError('invalid_request', 'The app did not register this “redirect_uri”.')
}

function askedOf({ app, redirect }: Target, given: Parameters): Asked | HttpError {
  if (given.text('response_type') !== 'code') {
    return oauthError('unsupported_response_type', 'Only “code” is supported.')
  }
  const scopes = parseScopes(given.text('scope', 2000) || 'read')
  const held = app.scopes.split(' ')
  if (!scopes?.every((scope) => covers(held, scope))) {
    return oauthError('invalid_scope', 'The scope is unknown or more than the app registered for.')
  }
  const challenge = given.text('code_challenge') || undefined
  const method = given.text('code_challenge_method') ?? 'plain'
  if (challenge !== undefined && (method !== 'S256' || !/^[\w-]{43}$/.test(challenge))) {
    return oauthError('invalid_request', 'The code challenge must be of the method S256.')
  }
  const state = given.text('state', 2000)
  return {
    app,
    redirect,
    scopes,
    ...(state !== undefined && { state }),
    ...(challenge !== undefined && { challenge }),
  }
}

function addressOf(asked: Asked): string {
  const query = new URLSearchParams(parametersOf(asked))
  return `/oauth/authorize?${query.toString()}`
}

function errorOf(error: HttpError, given: Parameters, c: Context) {
  return {
    error: error.code,
    error_description: error.message,
    state: given.text('state', 2000),
    iss: `${new URL(c.req.url).origin}/`,
  }
}

type Sent = Readonly<Record<string, string | undefined>>

function sendBack(c: Context, redirect: string, values: Sent): Response {
  if (redirect !== outOfBand) {
    const location = withQuery(redirect, values)
    const headers = { location, 'cache-control': 'no-store', ...openWindow }
    return new Response(null, { status: 302, headers })
  }
  const { code, error_description = '' } = values
  if (code === undefined) return html(refusalPage(error_description), 400)
  return html(codePage(code), 200)
}

/** In the words of whoever asks: a page for a browser, JSON for a program. */
function refused(c: Context, error: HttpError): Response {
  if (!/\btext\/html\b/.test(c.req.header('accept') ?? '')) return errorResponse(error)
  return html(refusalPage(error.message), error.status)
}
