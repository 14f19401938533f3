/** Packets bounded for each source and in all, in windows of ten seconds; the table of sources is bounded too. */
import type { Clock } from '#base/clock.ts'

const window = 10_000
const mostSources = 512

/** @returns a function that says whether one more packet of `source` is read */
export function packetLimit(
  clock: Clock,
  limits: { readonly perSource: number; readonly total: number },
): (source: string) => boolean {
  const seen = new Map<string, number>()
  let total = 0
  let ends = 0
  return (source) => {
    const now = clock.now()
    if (now >= ends) {
      ends = now + window
      seen.clear()
      total = 0
    }
    const count = (seen.get(source) ?? 0) + 1
    if (count > limits.perSource || total >= limits.total) return false
    if (seen.size >= mostSources && !seen.has(source)) return false
    seen.set(source, count)
    total++
    return true
  }
}
