/** The Mastodon client API (docs.joinmastodon.org, as OpenAPI 4.7.0): who may ask what, and how it is answered. */
import type { Context, Hono } from 'hono'
import type { ClientContext } from '#api/mastodon/context.ts'
import { crossOrigin } from '#api/mastodon/cross-origin.ts'
import { entitiesFor } from '#api/mastodon/entities/entities.ts'
import { failed, failure } from '#api/mastodon/failure.ts'
import { limitBody } from '#api/mastodon/limit-body.ts'
import { mountMedia } from '#api/mastodon/media-files.ts'
import type { Access, Operation } from '#api/mastodon/operation.ts'
import { operations } from '#api/mastodon/operations.ts'
import { readParameters } from '#api/mastodon/parameters.ts'
import { allowanceHeaders, rateLimits } from '#api/mastodon/rate-limit.ts'
import { mountOauth } from '#api/oauth/app.ts'
import type { HeldToken } from '#api/oauth/ports.ts'
import { covers } from '#api/oauth/scopes.ts'
import { bearerOf, withToken } from '#api/oauth/tokens.ts'
import type { Hub } from '#api/streaming/hub.ts'
import { streamOperations } from '#api/streaming/sse.ts'

/** Most bytes of a body without files. */
const maxBody = 1_048_576

/**
 * Puts the client API on an app, with OAuth and the files that apps show. To be done before anything that refuses requests
 * of other origins: apps are other origins, and are known by their token alone.
 */
export function mountClient(app: Hono, context: ClientContext, hub: Hub): void {
  const open = crossOrigin()
  const allow = rateLimits(context.clock)
  const oauth = { ...context, me: () => context.social.me() }
  const doorLimit = async (c: Context, next: () => Promise<void>) => {
    const allowance = allow('door', 'all')
    if (allowance.exceeded) return failed(429, 'Too many sign-ins. Wait a few minutes.')
    await limitBody(c, maxBody)
    await next()
  }
  app.on('OPTIONS', ['/oauth/token', '/oauth/revoke', '/.well-known/*'], open)
  app.use('/oauth/token', doorLimit)
  app.use('/oauth/sign-in', doorLimit)
  app.use('/oauth/authorize', doorLimit)
  mountOauth(app, oauth, open)
  mountMedia(app, context)
  for (const path of clientPaths) app.use(path, open)
  for (const declared of [...operations, ...streamOperations(hub)]) {
    const path = declared.path.replaceAll(/\{(\w+)\}/g, ':$1')
    app.on(declared.method, path, (c) => answer(context, declared, c, allow))
  }
  for (const path of clientPaths) app.all(path, () => failed(404, 'This node has nothing here.'))
}

const clientPaths = [
  '/api/v1/*',
  '/api/v2/*',
  '/api/v1_alpha/*',
  '/api/oembed',
  '/oauth/userinfo',
  '/health',
]

async function answer(
  context: ClientContext,
  declared: Operation,
  c: Context,
  allow: ReturnType<typeof rateLimits>,
): Promise<Response> {
  // A page cannot put a header on a stream.
  const inQuery = declared.path.includes('/streaming/') ? c.req.query('access_token') : undefined
  const held = await bearerOf(context, inQuery === undefined ? c.req.raw : withToken(inQuery))
  const allowance = held
    ? allow('token', String(held.token.id))
    : allow(declared.path === '/api/v1/apps' ? 'door' : 'anybody', 'all')
  const headers = allowanceHeaders(allowance)
  const respond = async (): Promise<Response> => {
    if (allowance.exceeded) return failed(429, 'Too many requests. Wait a few minutes.')
    const refused = refusedAccess(declared.access, held)
    if (refused) return refused
    await limitBody(c, bodyLimitOf(context, declared))
    const { origin } = new URL(c.req.url)
    const result = await declared.run({
      context,
      params: await readParameters(c),
      path: c.req.param() as Record<string, string>,
      request: c.req.raw,
      origin,
      show: entitiesFor(context, origin),
      held,
    })
    if (result instanceof Response) return result
    return Response.json(result, { headers: { 'cache-control': 'no-store' } })
  }
  const response = await respond().catch((error: unknown) =>
    failure(error, context.log, `${declared.method} ${declared.path}`),
  )
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
  return response
}

function refusedAccess(access: Access, held: HeldToken | undefined): Response | undefined {
  if (access === 'anybody') return undefined
  if (!held) return failed(401, 'The access token is invalid')
  if (access === 'token') return undefined
  if (held.token.personal !== 1) return failed(422, 'This method requires an authenticated user')
  const scopes = held.token.scopes.split(' ')
  if (access.some((scope) => covers(scopes, scope))) return undefined
  return failed(403, 'This action is outside the authorized scopes')
}

function bodyLimitOf({ networks }: ClientContext, { path }: Operation): number {
  if (!/\/media$|update_credentials$/.test(path)) return maxBody
  return Math.max(0, ...networks.map(({ abilities }) => abilities.maxBlob)) + maxBody
}
