/** An abort signal that also fires after a while on the injected clock. */
import type { Clock } from '#base/clock.ts'
import { PatienceError } from '#networks/ssb/meet/errors.ts'

/**
 * Joins signals and a time limit; dispose it when the work is done.
 *
 * @param ms milliseconds until it aborts with `PatienceError`
 */
export function withDeadline(
  clock: Clock,
  ms: number,
  signals: readonly AbortSignal[],
): Disposable & { readonly signal: AbortSignal } {
  const late = new AbortController()
  const timer = clock.after(ms, () => late.abort(new PatienceError(ms)))
  return {
    signal: AbortSignal.any([...signals, late.signal]),
    [Symbol.dispose]: () => timer.cancel(),
  }
}
