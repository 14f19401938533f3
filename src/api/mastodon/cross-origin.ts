/** Apps that are web pages of other origins (Fetch standard, section 3.2): they carry tokens, never our cookie. */
import type { MiddlewareHandler } from 'hono'

const shown = 'Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Idempotency-Key'

/** Lets every origin ask and read, without cookies. */
export function crossOrigin(): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.method === 'OPTIONS') {
      const asked = c.req.header('access-control-request-headers')
      return new Response(null, {
        status: 204,
        headers: {
          'access-control-allow-origin': '*',
          'access-control-allow-methods': 'GET, POST, PUT, PATCH, DELETE, OPTIONS',
          'access-control-allow-headers': asked ?? 'Authorization, Content-Type, Idempotency-Key',
          'access-control-max-age': '7200',
          'cross-origin-resource-policy': 'cross-origin',
        },
      })
    }
    await next()
    c.res.headers.set('access-control-allow-origin', '*')
    c.res.headers.set('access-control-expose-headers', shown)
    c.res.headers.set('cross-origin-resource-policy', 'cross-origin')
  }
}
