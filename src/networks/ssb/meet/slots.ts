/** Places for incoming connections, bounded in all and for each host. */

/** @returns `take`, which answers the way to give the place back, or undefined when there is none */
export function openSlots(limits: { readonly total: number; readonly perHost: number }): {
  take(host: string): (() => void) | undefined
} {
  const used = new Map<string, number>()
  let total = 0
  return {
    take(host) {
      const here = used.get(host) ?? 0
      if (total >= limits.total || here >= limits.perHost) return undefined
      total++
      used.set(host, here + 1)
      let held = true
      return () => {
        if (!held) return
        held = false
        total--
        const left = (used.get(host) ?? 1) - 1
        if (left > 0) used.set(host, left)
        else used.delete(host)
      }
    },
  }
}
