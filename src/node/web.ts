/** What the node answers over HTTP: the page, the local API, and what guards both. */
import { Hono } from 'hono'
import { localError, mountLocal } from '#api/local/app.ts'
import type { LocalContext } from '#api/local/context.ts'
import type { Logger } from '#base/log.ts'
import { mountPage } from '#http/page.ts'
import { hostCheck, originCheck, securityHeaders } from '#http/security.ts'
import { answerErrors } from '#http/server.ts'
import type { Sessions } from '#http/sessions.ts'

/** @param names host names, lower case, that the node goes by beside its addresses */
export function webApp(
  context: LocalContext,
  sessions: Sessions,
  options: {
    readonly log: Logger
    readonly names: readonly string[]
    readonly page: boolean
    /** Puts on what apps of other origins may ask. */
    readonly apps?: (app: Hono) => void
  },
): Hono {
  const app = new Hono()
  answerErrors(app, options.log, localError)
  app.use(securityHeaders(), hostCheck(options.names))
  options.apps?.(app)
  app.use(originCheck())
  if (options.page) mountPage(app, sessions)
  mountLocal(app, context, sessions)
  return app
}
