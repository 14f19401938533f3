/** The files that apps show: by signed addresses, without a token. */
import type { Hono } from 'hono'
import { serveBlob } from '#api/local/routes/blobs.ts'
import type { ClientContext } from '#api/mastodon/context.ts'
import { failed } from '#api/mastodon/failure.ts'
import { isMediaAddress } from '#api/mastodon/media-address.ts'
import { foreignPolicy } from '#http/security.ts'

/** A quiet picture for people without one. */
const nobody =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64"><rect width="64" height="64" fill="#8b93a3"/><circle cx="32" cy="25" r="12" fill="#e8eaee"/><path d="M8 64c2-17 12-23 24-23s22 6 24 23z" fill="#e8eaee"/></svg>'

/** Puts the files on an app, under `/media`. */
export function mountMedia(app: Hono, context: ClientContext): void {
  const open = {
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  }
  app.get('/media/none.svg', () => {
    const headers = {
      ...open,
      'content-type': 'image/svg+xml',
      'content-security-policy': foreignPolicy,
      'cache-control': 'public, max-age=86400',
    }
    return new Response(nobody, { headers })
  })
  app.get('/media/:hash/:signature', async (c) => {
    const { hash, signature } = c.req.param()
    if (!isMediaAddress(context.mediaKey, hash, signature))
      return failed(404, 'This file is not here.')
    const response = await serveBlob(context, hash, c.req.raw)
    for (const [name, value] of Object.entries(open)) response.headers.set(name, value)
    return response
  })
}
