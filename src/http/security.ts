/** What protects a page and an API on this machine from other pages in the same browser. */
import { isIP } from 'node:net'
import type { MiddlewareHandler } from 'hono'
import { HttpError } from '#http/http-error.ts'

/** The policy of every answer: nothing from elsewhere, nothing inline, no frames. */
export const contentPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "media-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** For files of other people: nothing in them runs or loads, wherever they are opened. */
export const foreignPolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

const headers: Readonly<Record<string, string>> = {
  'content-security-policy': contentPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Sets the headers that an answer does not set itself. */
export function securityHeaders(): MiddlewareHandler {
  return async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(headers)) {
      if (!c.res.headers.has(name)) c.res.headers.set(name, value)
    }
  }
}

/**
 * Refuses a Host header that names another machine, as a page does whose name was pointed at us (DNS rebinding).
 *
 * Addresses are let through: only names can be pointed elsewhere.
 *
 * @param names host names, lower case, that this node goes by
 */
export function hostCheck(names: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const host = hostName(c.req.header('host') ?? '')
    const known = host === 'localhost' || host.endsWith('.localhost') || names.includes(host)
    if (!known && isIP(host) === 0) {
      throw new HttpError(421, 'wrong_host', 'This node does not go by that name.')
    }
    await next()
  }
}

/** Refuses a write that a page of another origin sends. */
export function originCheck(): MiddlewareHandler {
  return async (c, next) => {
    if (!['GET', 'HEAD', 'OPTIONS'].includes(c.req.method) && !sameOrigin(c.req.raw.headers)) {
      throw new HttpError(403, 'wrong_origin', 'This request comes from another site.')
    }
    await next()
  }
}

function sameOrigin(given: Headers): boolean {
  const origin = given.get('origin')
  if (origin === null) {
    // Browsers name the origin of every write; programs need not, but then they carry the token.
    const site = given.get('sec-fetch-site')
    return given.has('authorization') || site === 'same-origin'
  }
  const host = given.get('host')
  return origin === `http://${host}` || origin === `https://${host}`
}

function hostName(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host) ?? []
  return (bracketed ?? plain ?? '').toLowerCase()
}
