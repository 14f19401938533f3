/** Time as a dependency, so that tests own it. */
export interface Clock {
  /** Milliseconds since 1970, never going backwards within a process. */
  now(): number
  /** Runs `action` once after `ms`; the timer never keeps the process alive by itself. */
  after(ms: number, action: () => void): Timer
}

/** A pending action; cancelling twice is harmless. */
export interface Timer {
  cancel(): void
}

/** The machine's clock. */
export function systemClock(): Clock {
  let last = 0
  return {
    now() {
      last = Math.max(last, Date.now())
      return last
    },
    after(ms, action) {
      const timer = setTimeout(action, ms)
      timer.unref()
      return { cancel: () => clearTimeout(timer) }
    },
  }
}

/**
 * Waits on a clock.
 *
 * @throws the signal's reason when it is aborted first
 */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = clock.after(ms, () => {
      signal?.removeEventListener('abort', stop)
      resolve()
    })
    function stop(): void {
      timer.cancel()
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', stop, { once: true })
  })
}
