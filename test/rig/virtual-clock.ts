import type { Clock, Timer } from '#base/clock.ts'

/** A clock that moves only when told; timers fire in order of their due time. */
export interface VirtualClock extends Clock {
  /** Moves time forward by `ms`, firing what falls due, and lets promises settle between timers. */
  advance(ms: number): Promise<void>
  /** How many timers are pending: a closed component leaves none. */
  readonly pending: number
}

/** Makes a clock that starts at `start` (milliseconds since 1970). */
export function virtualClock(start = 1_700_000_000_000): VirtualClock {
  let now = start
  let order = 0
  const timers = new Map<
    Timer,
    { readonly due: number; readonly order: number; readonly action: () => void }
  >()
  return {
    now: () => now,
    get pending() {
      return timers.size
    },
    after(ms, action) {
      const timer: Timer = { cancel: () => void timers.delete(timer) }
      timers.set(timer, { due: now + Math.max(0, ms), order: order++, action })
      return timer
    },
    async advance(ms) {
      const end = now + ms
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve))
        const next = [...timers].sort(([, a], [, b]) => a.due - b.due || a.order - b.order)[0]
        if (!next || next[1].due > end) break
        now = next[1].due
        timers.delete(next[0])
        next[1].action()
      }
      now = end
    },
  }
}
