/** Which peer's copy of which feed is not asked for, and until when: remembered over reconnections, in bounded memory. */
import type { Clock } from '#base/clock.ts'

/** See `openRefusals`. */
export interface Refusals {
  add(feed: string, peer: string, until: number): void
  /** Milliseconds since 1970; 0 when the peer may be asked. */
  until(feed: string, peer: string): number
}

/** Opens an empty memory; the oldest goes when it is full. */
export function openRefusals(clock: Clock, limit = 10_000): Refusals {
  const all = new Map<string, number>()
  return {
    add(feed, peer, until) {
      const oldest = all.size >= limit ? all.keys().next().value : undefined
      if (oldest !== undefined) all.delete(oldest)
      all.set(feed + peer, until)
    },
    until(feed, peer) {
      if (all.size === 0) return 0
      const until = all.get(feed + peer) ?? 0
      if (until > clock.now()) return until
      all.delete(feed + peer)
      return 0
    },
  }
}
