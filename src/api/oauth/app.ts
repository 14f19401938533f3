/** The endpoints of OAuth 2 for apps of the client API. */
import type { Hono, MiddlewareHandler } from 'hono'
import { readParameters } from '#api/mastodon/parameters.ts'
import { askWho, decideAuthorize, html, showAuthorize, signIn } from '#api/oauth/authorize.ts'
import type { OauthContext } from '#api/oauth/context.ts'
import { oauthMetadata } from '#api/oauth/metadata.ts'
import { appsPage } from '#api/oauth/pages.ts'
import { giveToken, revokeToken } from '#api/oauth/tokens.ts'
import { originCheck } from '#http/security.ts'

/**
 * Puts the endpoints on an app.
 *
 * @param open middleware for what apps of other origins ask: they carry a secret, never the cookie
 */
export function mountOauth(app: Hono, context: OauthContext, open: MiddlewareHandler): void {
  const noStore = { 'cache-control': 'no-store', pragma: 'no-cache' }
  app.get('/.well-known/oauth-authorization-server', open, (c) =>
    c.json(oauthMetadata(new URL(c.req.url).origin)),
  )
  app.post('/oauth/token', open, async (c) =>
    c.json(await giveToken(context, await readParameters(c), c.req.raw), 200, noStore),
  )
  app.post('/oauth/revoke', open, async (c) => {
    await revokeToken(context, await readParameters(c), c.req.raw)
    return c.json({}, 200, noStore)
  })
  app.get('/oauth/authorize', (c) => showAuthorize(context, c))
  app.post('/oauth/authorize', originCheck(), (c) => decideAuthorize(context, c))
  app.post('/oauth/sign-in', originCheck(), (c) => signIn(context, c))
  app.get('/oauth/authorized_applications', async (c) => {
    if (!context.sessions.admits(c.req.raw)) return askWho(c)
    return html(appsPage(await context.oauth.personal()), 200)
  })
  app.post('/oauth/authorized_applications', originCheck(), async (c) => {
    if (!context.sessions.admits(c.req.raw)) return askWho(c)
    const id = (await readParameters(c)).integer('token', 0, Number.MAX_SAFE_INTEGER)
    const held = (await context.oauth.personal()).find(({ token }) => token.id === id)
    if (held) await context.oauth.revoke(held.token.id)
    return c.redirect('/oauth/authorized_applications', 303)
  })
}
