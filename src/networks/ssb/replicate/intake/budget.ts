/** How much may be under way at once, in all and per peer: what is over it waits. */

/** The bytes that wait for a check or for the disk. */
export interface Budget {
  /** True when even a peer that does not wait may be given no more. */
  readonly exhausted: boolean
  readonly items: number
  /** True while peers wait. */
  readonly isPressed: boolean
  take(peer: string, cost: number): void
  release(peer: string, cost: number): void
  /** Resolves when the peer may offer more; undefined when it may at once. */
  room(peer: string): Promise<void> | undefined
  /** Resolves when nothing is under way. */
  idle(): Promise<void>
  /** Lets all who wait go on, for good. */
  close(): void
}

/**
 * @param limit bytes in all; one peer may hold half of them
 * @param pressed called when a peer has to wait
 */
export function openBudget(limit: number, pressed: () => void): Budget {
  return new OpenBudget(limit, pressed)
}

class OpenBudget implements Budget {
  readonly #limit: number
  readonly #pressed: () => void
  readonly #held = new Map<string, number>()
  #closed = false
  #waiting: { readonly peer: string; readonly go: () => void }[] = []
  #idle: (() => void)[] = []
  #used = 0
  items = 0

  constructor(limit: number, pressed: () => void) {
    this.#limit = limit
    this.#pressed = pressed
  }

  get isPressed(): boolean {
    return this.#waiting.length > 0
  }

  get exhausted(): boolean {
    return this.#used > this.#limit * 2
  }

  take(peer: string, cost: number): void {
    this.#used += cost
    this.items++
    this.#held.set(peer, (this.#held.get(peer) ?? 0) + cost)
  }

  release(peer: string, cost: number): void {
    this.#used -= cost
    this.items--
    const left = (this.#held.get(peer) ?? 0) - cost
    if (left > 0) this.#held.set(peer, left)
    else this.#held.delete(peer)
    this.#wake()
  }

  room(peer: string): Promise<void> | undefined {
    if (this.#mayOffer(peer)) return undefined
    this.#pressed()
    return new Promise((go) => this.#waiting.push({ peer, go }))
  }

  idle(): Promise<void> {
    if (this.items === 0 || this.#closed) return Promise.resolve()
    return new Promise((go) => this.#idle.push(go))
  }

  close(): void {
    this.#closed = true
    this.#wake()
  }

  #mayOffer(peer: string): boolean {
    if (this.#closed) return true
    return this.#used < this.#limit && (this.#held.get(peer) ?? 0) < this.#limit / 2
  }

  #wake(): void {
    if (this.#waiting.length > 0) {
      const ready = this.#waiting.filter(({ peer }) => this.#mayOffer(peer))
      this.#waiting = this.#waiting.filter((waiter) => !ready.includes(waiter))
      for (const { go } of ready) go()
    }
    if (this.items > 0 && !this.#closed) return
    for (const go of this.#idle.splice(0)) go()
  }
}
