/** Registration of apps: POST /api/v1/apps of the Mastodon API. */
import type { OauthContext } from '#api/oauth/context.ts'
import type { OauthApp } from '#api/oauth/ports.ts'
import { isRedirect } from '#api/oauth/redirects.ts'
import { parseScopes } from '#api/oauth/scopes.ts'
import { hashSecret, newSecret } from '#api/oauth/secrets.ts'
import { invalid, type Parameters } from '#api/mastodon/parameters.ts'

/** An app as everybody may see it. */
export function applicationOf(app: OauthApp) {
  return {
    id: String(app.id),
    name: app.name,
    website: app.website,
    scopes: app.scopes.split(' '),
    redirect_uris: app.redirects,
    redirect_uri: app.redirects.join('\n'),
    vapid_key: '',
  }
}

/**
 * Registers an app; the answer alone has its secret.
 *
 * @throws HttpError 422 for what no app can have
 */
export async function registerApp({ oauth, clock }: OauthContext, given: Parameters) {
  const name = (given.text('client_name', 200) ?? '').trim()
  if (name === '') throw invalid('“client_name” must not be empty.')
  const redirects = redirectsOf(given)
  if (redirects.length === 0 || redirects.length > 20 || !redirects.every(isRedirect)) {
    throw invalid('“redirect_uris” must be one or more absolute addresses without a fragment.')
  }
  const scopes = parseScopes(given.text('scopes', 2000) || 'read')
  if (!scopes) throw invalid('“scopes” names a scope that does not exist here.')
  const website = given.text('website', 2000) || null
  if (website !== null && !/^https?:$/.test(URL.parse(website)?.protocol ?? '')) {
    throw invalid('“website” must be a web address.')
  }
  const client = newSecret()
  const secret = newSecret()
  const app = await oauth.addApp({
    client,
    secret: hashSecret(secret),
    name,
    website,
    redirects,
    scopes: scopes.join(' '),
    created_at: clock.now(),
  })
  return {
    ...applicationOf(app),
    client_id: client,
    client_secret: secret,
    client_secret_expires_at: 0,
  }
}

/** A list, or one text with a line for each. */
function redirectsOf(given: Parameters): readonly string[] {
  const listed = given.texts('redirect_uris', 20) ?? []
  return listed.flatMap((text) => text.split(/\s+/)).filter((text) => text !== '')
}
