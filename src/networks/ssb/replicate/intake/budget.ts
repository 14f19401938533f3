/** How much may be under way at once, in all and per peer: what is over it waits. */

/** The bytes that wait for a check or for the disk. */
export interface Budget {
  /** True when even a peer that does not wait may be given no more. */
  readonly exhausted: boolean
  readonly used: number
  readonly items: number
  take(peer: string, cost: number): void
  release(peer: string, cost: number): void
  /** Resolves when the peer may offer more; undefined when it may at once. */
  room(peer: string): Promise<void> | undefined
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  /** Lets all who wait go on, for good. */
  close(): void
}

/** @param limit bytes in all; one peer may hold half of them */
export function openBudget(limit: number): Budget {
  const held = new Map<string, number>()
  let used = 0
  let items = 0
  let closed = false
  let waiting: { readonly peer: string; readonly go: () => void }[] = []
  let idle: (() => void)[] = []

  function mayOffer(peer: string): boolean {
    return closed || (used < limit && (held.get(peer) ?? 0) < limit / 2)
  }
  function wake(): void {
    if (waiting.length > 0) {
      const ready = waiting.filter(({ peer }) => mayOffer(peer))
      waiting = waiting.filter(({ peer }) => !mayOffer(peer))
      for (const { go } of ready) go()
    }
    if (items > 0 && !closed) return
    const done = idle
    idle = []
    for (const go of done) go()
  }
  return {
    get exhausted() {
      return used > limit * 2
    },
    get used() {
      return used
    },
    get items() {
      return items
    },
    take(peer, cost) {
      used += cost
      items++
      held.set(peer, (held.get(peer) ?? 0) + cost)
    },
    release(peer, cost) {
      used -= cost
      items--
      const left = (held.get(peer) ?? 0) - cost
      if (left > 0) held.set(peer, left)
      else held.delete(peer)
      wake()
    },
    room(peer) {
      if (mayOffer(peer)) return undefined
      return new Promise((go) => waiting.push({ peer, go }))
    },
    idle: () => (items === 0 || closed ? Promise.resolve() : new Promise((go) => idle.push(go))),
    close() {
      closed = true
      wake()
    },
  }
}
