/** What OAuth endpoints answer when they refuse: RFC 6749, section 5.2. */
import { HttpError } from '#http/http-error.ts'

/** 400 with the code of the RFC. */
export function oauthError(code: string, message: string): HttpError {
  return new HttpError(400, code, message)
}

/** 401: the app did not prove who it is. */
export function invalidClient(): HttpError {
  return new HttpError(
    401,
    'invalid_client',
    'Client authentication failed: the client is unknown or its secret is wrong. Register the app again.',
  )
}
