/** Tokens: RFC 6749 sections 4.1.3 and 4.4, RFC 7636, RFC 7009. */
import type { OauthContext } from '#api/oauth/context.ts'
import { invalidClient, oauthError } from '#api/oauth/oauth-error.ts'
import type { OauthApp, OauthCode, HeldToken } from '#api/oauth/ports.ts'
import { covers, parseScopes } from '#api/oauth/scopes.ts'
import { hashSecret, isSecret, newSecret, provesChallenge } from '#api/oauth/secrets.ts'
import type { Parameters } from '#api/mastodon/parameters.ts'
import { HttpError } from '#http/http-error.ts'

/** A token is noted as used at most this often, so that reading does not write. */
const USED_EVERY = 3600_000

/** Gives a token for a code, or for the app itself. @throws HttpError 400 or 401 as RFC 6749 section 5.2 says */
export async function giveToken(context: OauthContext, given: Parameters, request: Request) {
  const grant = given.text('grant_type') ?? ''
  const app = await appOf(context, given, request)
  if (grant === 'authorization_code') return await tokenForCode(context, app, given)
  if (grant === 'client_credentials') return await tokenForApp(context, app, given)
  throw oauthError('unsupported_grant_type', 'Use authorization_code or client_credentials.')
}

/** Ends a token. @throws HttpError 401 for a wrong client, 403 for the token of another */
export async function revokeToken(
  context: OauthContext,
  given: Parameters,
  request: Request,
): Promise<void> {
  const app = await appOf(context, given, request)
  const held = await context.oauth.token(hashSecret(given.text('token') ?? ''))
  if (!held) return
  if (held.app.id !== app.id) {
    throw new HttpError(403, 'unauthorized_client', 'This token belongs to another app.')
  }
  await context.oauth.revoke(held.token.id)
}

/** The token that a request carries. */
export async function bearerOf(
  { oauth, clock }: Pick<OauthContext, 'oauth' | 'clock'>,
  request: Pick<Request, 'headers'>,
): Promise<HeldToken | undefined> {
  const [, secret] =
    /^Bearer +([\w.~+/=-]{1,500})$/i.exec(request.headers.get('authorization') ?? '') ?? []
  if (secret === undefined) return undefined
  const held = await oauth.token(hashSecret(secret))
  if (held && held.token.used_at + USED_EVERY < clock.now()) {
    await oauth.used(held.token.id, clock.now())
  }
  return held
}

/** A token that came another way, as a request with it. */
export function withToken(token: string): Pick<Request, 'headers'> {
  const printable = /^[\w.~+/=-]{1,500}$/.test(token) ? token : 'none'
  return { headers: new Headers({ authorization: `Bearer ${printable}` }) }
}

/** The app that a request proves to be, by header or parameters. */
async function appOf(
  { oauth }: OauthContext,
  given: Parameters,
  request: Request,
): Promise<OauthApp> {
  const basic = basicOf(request)
  const client = basic?.client ?? given.text('client_id') ?? ''
  const secret = basic?.secret ?? given.text('client_secret') ?? ''
  const app = await oauth.app(client)
  if (!app || !isSecret(secret, app.secret)) throw invalidClient()
  return app
}

function basicOf(
  request: Request,
): { readonly client: string; readonly secret: string } | undefined {
  const [, text] =
    /^Basic +([A-Za-z0-9+/=_-]{1,1000})$/i.exec(request.headers.get('authorization') ?? '') ?? []
  const [, client, secret] =
    /^([^:]*):(.*)$/s.exec(Buffer.from(text ?? '', 'base64').toString()) ?? []
  return client !== undefined && secret !== undefined ? { client, secret } : undefined
}

async function tokenForCode(context: OauthContext, app: OauthApp, given: Parameters) {
  const { oauth, clock } = context
  const code = await oauth.code(hashSecret(given.text('code') ?? ''))
  if (!code || code.app_id !== app.id) throw invalidGrant()
  if (code.token_id !== null) {
    // Somebody else has the code too: what was given for it cannot be trusted (RFC 6749, section 4.1.2).
    await oauth.revoke(code.token_id)
    throw invalidGrant()
  }
  if (!fits(code, given, clock.now())) throw invalidGrant()
  const { secret, row } = tokenRow(app, code.scopes, 1, clock.now())
  if (!(await oauth.redeem(code.hash, row))) throw invalidGrant()
  return tokenAnswer(secret, row)
}

function fits(code: OauthCode, given: Parameters, now: number): boolean {
  if (code.expires_at < now || code.redirect !== given.text('redirect_uri', 2000)) return false
  const verifier = given.text('code_verifier')
  return code.challenge === null
    ? verifier === undefined || verifier === ''
    : provesChallenge(verifier ?? '', code.challenge)
}

async function tokenForApp({ oauth, clock }: OauthContext, app: OauthApp, given: Parameters) {
  const scopes = parseScopes(given.text('scope') || 'read')
  const held = app.scopes.split(' ')
  if (!scopes?.every((scope) => covers(held, scope))) {
    throw oauthError('invalid_scope', 'The scope is unknown or more than the app registered for.')
  }
  const { secret, row } = tokenRow(app, scopes.join(' '), 0, clock.now())
  await oauth.addAppToken(row)
  return tokenAnswer(secret, row)
}

type TokenRow = Omit<HeldToken['token'], 'id'>

function tokenRow(app: OauthApp, scopes: string, personal: 0 | 1, now: number) {
  const secret = newSecret()
  const row: TokenRow = {
    hash: hashSecret(secret),
    app_id: app.id,
    personal,
    scopes,
    created_at: now,
    used_at: now,
  }
  return { secret, row }
}

function tokenAnswer(secret: string, row: TokenRow) {
  return {
    access_token: secret,
    token_type: 'Bearer',
    scope: row.scopes,
    created_at: Math.floor(row.created_at / 1000),
  }
}

function invalidGrant(): HttpError {
  return oauthError(
    'invalid_grant',
    'The code is unknown, used, too old, or was given for another client, address or verifier. Sign in again.',
  )
}
