/** How often apps may ask, in windows of five minutes, told in the headers that Mastodon uses. */
import type { Clock } from '#base/clock.ts'

/** What is left of a window. */
export type Allowance = {
  readonly limit: number
  readonly remaining: number
  /** Milliseconds since 1970. */
  readonly reset: number
  readonly exceeded: boolean
}

const WINDOW_MS = 300_000
/** One person's node: the bound keeps a broken app from taking the whole machine, not people from reading. */
const LIMITS = { token: 30_000, anybody: 3_000, door: 300 } as const
/** Tokens that are counted at once; beyond, everybody starts anew. */
const MAX_COUNTED = 10_000

/** Counts requests; `door` is registration and sign-in. */
export function rateLimits(clock: Clock) {
  let counted = new Map<string, number>()
  let began = clock.now()
  return (of: keyof typeof LIMITS, who: string): Allowance => {
    const now = clock.now()
    if (now >= began + WINDOW_MS || counted.size > MAX_COUNTED) {
      counted = new Map()
      began = now
    }
    const key = `${of} ${who}`
    const used = (counted.get(key) ?? 0) + 1
    counted.set(key, used)
    const limit = LIMITS[of]
    const reset = began + WINDOW_MS
    return { limit, remaining: Math.max(0, limit - used), reset, exceeded: used > limit }
  }
}

/** The headers that tell it. */
export function allowanceHeaders({ limit, remaining, reset }: Allowance): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': new Date(reset).toISOString(),
  }
}
