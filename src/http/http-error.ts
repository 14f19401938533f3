/** What the HTTP side answers when it cannot do what was asked: JSON `{error, error_description}`. */
import { MetaLifeError } from '#base/errors.ts'

/** A refusal with a status; `code` is for programs, the message for people. */
export class HttpError extends MetaLifeError {
  override name = 'HttpError'
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** 400: the request is malformed. */
export function badRequest(message: string): HttpError {
  return new HttpError(400, 'invalid_request', message)
}

/** 404: there is nothing by that name. */
export function notFound(message: string): HttpError {
  return new HttpError(404, 'not_found', message)
}

/** The JSON answer of an error. */
export function errorResponse(error: HttpError): Response {
  return Response.json(
    { error: error.code, error_description: error.message },
    { status: error.status, headers: { 'cache-control': 'no-store' } },
  )
}
