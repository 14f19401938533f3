/**
 * How long to wait before an address is tried again: exponential back-off with full jitter
 * (the wait is drawn evenly between a floor and the bound, so that peers do not return in step).
 */

/** Milliseconds: the first bound, the largest bound, and the least wait. */
type BackOff = { readonly first: number; readonly most: number; readonly least: number }

/** One second at least; 5 s after the first failure, doubling, one hour at most. */
export const defaultBackOff: BackOff = { first: 5_000, most: 3_600_000, least: 1_000 }

/**
 * Draws the wait after so many failures in a row.
 *
 * @param failures 1 after the first failure
 * @param random evenly in [0, 1)
 * @returns milliseconds
 */
export function drawWait(
  failures: number,
  random: () => number,
  rule: BackOff = defaultBackOff,
): number {
  const bound = Math.min(rule.most, rule.first * 2 ** Math.min(30, Math.max(0, failures - 1)))
  return Math.round(rule.least + random() * Math.max(0, bound - rule.least))
}
