/** Errors as Mastodon answers them: `error` is a sentence for people. */
import { MetaLifeError } from '#base/errors.ts'
import type { Logger } from '#base/log.ts'
import { HttpError } from '#http/http-error.ts'
import { BadCursorError, NotFoundError } from '#social/errors.ts'

/** The answer to whatever was thrown. */
export function failure(error: unknown, log: Logger, what: string): Response {
  const { status, message } = known(error) ?? {}
  if (status !== undefined && message !== undefined) return failed(status, message)
  log.error('A request failed: {what}: {error}', { what, error })
  return failed(500, 'Something went wrong in the node. Its log says more.')
}

/** An error in the shape of the document. */
export function failed(status: number, message: string): Response {
  const details = status === 422 ? { details: {} } : {}
  return Response.json(
    { error: message, ...details },
    { status, headers: { 'cache-control': 'no-store' } },
  )
}

function known(error: unknown): { readonly status: number; readonly message: string } | undefined {
  if (!(error instanceof MetaLifeError)) return undefined
  const { message } = error
  if (error instanceof HttpError) return { status: error.status, message }
  if (error instanceof NotFoundError) return { status: 404, message }
  if (error instanceof BadCursorError) return { status: 400, message }
  if (error.name === 'RebuildingError') return { status: 503, message }
  return { status: 422, message }
}
