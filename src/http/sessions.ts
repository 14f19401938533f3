/** Who may use the API: programs by a token, a browser by a cookie that it got for a link that works once. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Context, MiddlewareHandler } from 'hono'
import { setCookie } from 'hono/cookie'
import type { Clock } from '#base/clock.ts'
import { HttpError } from '#http/http-error.ts'

const sessionSeconds = 30 * 24 * 3600
const linkLife = 24 * 3600_000
/** More links than this waiting at once means that nobody opens them; the oldest is dropped. */
const maxLinks = 100

/** Doors to the API of one home. */
export interface Sessions {
  /** A secret for one visit: `/?token=…`. It works once, within a day. */
  link(): string
  /** Lets requests through that carry the token or a cookie. */
  readonly guard: MiddlewareHandler
  /** Turns `?token=…` into a cookie and goes on to the same address without it. */
  readonly exchange: MiddlewareHandler
  /** Gives the browser a cookie where the secret is that of a link which was not used yet. */
  signIn(c: Context, secret: string): boolean
  /** Does this request carry a good cookie or token? */
  admits(request: Request): boolean
}

/**
 * @param options.token what programs carry
 * @param options.key 32 bytes that sign cookies; the same key honours the cookies of before
 * @param options.scope keeps the cookies of several nodes on one machine apart: letters and digits
 */
export function openSessions(options: {
  readonly token: string
  readonly key: Uint8Array
  readonly scope: string
  readonly clock: Clock
}): Sessions {
  const { token, clock, scope } = options
  const cookies = signedCookies(`metalife_session_${scope}`, Uint8Array.from(options.key), clock)
  const links = oneTimeLinks(clock)
  const admits = (request: Request): boolean => {
    const authorization = request.headers.get('authorization')
    if (authorization !== null) return same(authorization, `Bearer ${token}`)
    return cookies.isGood(request.headers.get('cookie') ?? '')
  }
  const signIn = (c: Context, secret: string): boolean => {
    if (!links.use(secret)) return false
    setCookie(c, cookies.name, cookies.make(), {
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      maxAge: sessionSeconds,
      secure: new URL(c.req.url).protocol === 'https:',
    })
    return true
  }
  return {
    link: () => links.make(),
    signIn,
    admits,
    async guard(c, next) {
      if (!admits(c.req.raw)) {
        throw new HttpError(
          401,
          'unauthorized',
          'This needs the token of this node. In a browser, open the link that “metalife status” shows.',
        )
      }
      await next()
    },
    async exchange(c, next) {
      const secret = c.req.query('token')
      if (secret === undefined) return await next()
      signIn(c, secret)
      return c.redirect('/', 303)
    },
  }
}

function oneTimeLinks(clock: Clock) {
  const waiting = new Map<string, number>()
  return {
    make(): string {
      const secret = randomBytes(24).toString('base64url')
      waiting.set(secret, clock.now() + linkLife)
      const oldest = waiting.keys().next()
      if (waiting.size > maxLinks && !oldest.done) waiting.delete(oldest.value)
      return secret
    },
    use(secret: string): boolean {
      const until = waiting.get(secret)
      waiting.delete(secret)
      return until !== undefined && until > clock.now()
    },
  }
}

/** Cookies that say how long they hold, with a signature: nothing has to be remembered. */
function signedCookies(name: string, key: Uint8Array, clock: Clock) {
  const sign = (until: string): string =>
    createHmac('sha256', key).update(until).digest('base64url')
  return {
    name,
    make(): string {
      const until = String(Math.floor(clock.now() / 1000) + sessionSeconds)
      return `${until}.${sign(until)}`
    },
    isGood(header: string): boolean {
      const found = header.split(';').find((part) => part.trim().startsWith(`${name}=`))
      const [until = '', signature = ''] =
        found
          ?.trim()
          .slice(name.length + 1)
          .split('.', 2) ?? []
      return Number(until) > clock.now() / 1000 && same(signature, sign(until))
    },
  }
}

function same(given: string, right: string): boolean {
  const digest = (text: string): Buffer => createHmac('sha256', 'compare').update(text).digest()
  return timingSafeEqual(digest(given), digest(right))
}
