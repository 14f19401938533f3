/** The local API: everything that the command line and the first page can do, under /api/metalife/v1. */
import type { Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import type { LocalContext } from '#api/local/context.ts'
import { blobRoutes } from '#api/local/routes/blobs.ts'
import { eventRoutes } from '#api/local/routes/events.ts'
import { jobRoutes } from '#api/local/routes/jobs.ts'
import { messageRoutes } from '#api/local/routes/messages.ts'
import { networkRoutes } from '#api/local/routes/networks.ts'
import { peopleRoutes } from '#api/local/routes/people.ts'
import { postRoutes } from '#api/local/routes/posts.ts'
import { timelineRoutes } from '#api/local/routes/timelines.ts'
import { components } from '#api/local/shapes.ts'
import { MetaLifeError } from '#base/errors.ts'
import { HttpError } from '#http/http-error.ts'
import { openApi } from '#http/openapi.ts'
import { mount } from '#http/route.ts'
import type { Sessions } from '#http/sessions.ts'
import { BadCursorError, NotFoundError } from '#social/errors.ts'

/** Where the local API lives. */
export const localBase = '/api/metalife/v1'

/** Most bytes of a JSON body. */
const maxBody = 1_048_576

const routes = [
  ...networkRoutes,
  ...timelineRoutes,
  ...postRoutes,
  ...peopleRoutes,
  ...messageRoutes,
  ...blobRoutes,
  ...jobRoutes,
  ...eventRoutes,
]

/** Puts the local API on an app, behind the guard. */
export function mountLocal(app: Hono, context: LocalContext, sessions: Sessions): void {
  const tooLarge = async (c: Context): Promise<never> => {
    await drain(c.req.raw.body)
    throw new HttpError(413, 'too_large', `A request may have at most ${maxBody} bytes.`)
  }
  const limit = bodyLimit({ maxSize: maxBody, onError: tooLarge })
  app.use(`${localBase}/*`, sessions.guard)
  app.use(`${localBase}/*`, (c, next) =>
    c.req.path === `${localBase}/blobs` ? next() : limit(c, next),
  )
  app.get(`${localBase}/openapi.json`, (c) => c.json(localDocument(context.version)))
  mount(app, localBase, routes, context)
}

/** Takes in what a client is still sending, so that it hears the answer and not only a closed connection. */
async function drain(body: ReadableStream<Uint8Array> | null): Promise<void> {
  let left = 8 * maxBody
  if (!body || body.locked) return
  for await (const chunk of body) {
    left -= chunk.byteLength
    if (left < 0) return
  }
}

/** The OpenAPI document of the local API. */
export function localDocument(version: string) {
  const description =
    'What a node offers to the programs of its own person. The token lies in the home, in the file “token”.'
  return openApi(
    { title: 'MetaLife local API', version, description },
    localBase,
    routes,
    components,
  )
}

/** The answer to an error of the social core. */
export function localError(error: Error): HttpError | undefined {
  if (error instanceof NotFoundError) return new HttpError(404, 'not_found', error.message)
  if (error instanceof BadCursorError) return new HttpError(400, 'invalid_request', error.message)
  if (error instanceof MetaLifeError) return new HttpError(422, 'refused', error.message)
  return undefined
}
