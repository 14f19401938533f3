/** The second stage: what was stored on the word of a later message gets its own signature checked, in order. */
import type { Flow } from '#networks/ssb/replicate/intake/flow.ts'
import { runsOf, split, type Item, type Run } from '#networks/ssb/replicate/intake/item.ts'

/** The queue of provisional messages. */
export interface Background {
  /** Counts a run that will come, or be given up. */
  expect(run: Run): void
  /** True while messages of the feed are expected or here. */
  holds(feed: number): boolean
  /** Takes an expected run. */
  push(run: Run): void
  /** Forgets an expected run that will not come, and releases it. */
  giveUp(run: Run): void
}

/** Messages checked together, and such batches at the verifier at once. */
const BATCH = 256
const AHEAD = 4

/** Opens the stage. */
export function openBackground(flow: Flow): Background {
  return new OpenBackground(flow)
}

class OpenBackground implements Background {
  readonly #flow: Flow
  readonly #held = new Map<number, number>()
  #queue: Item[] = []
  #ahead = 0
  #turn = Promise.resolve()

  constructor(flow: Flow) {
    this.#flow = flow
  }

  expect(run: Run): void {
    for (const { feed } of run) this.#held.set(feed, (this.#held.get(feed) ?? 0) + 1)
  }

  holds(feed: number): boolean {
    return this.#held.has(feed)
  }

  push(run: Run): void {
    this.#queue.push(...run)
    this.#pump()
  }

  giveUp(run: Run): void {
    this.#forget(run)
    this.#flow.release(run)
  }

  #forget(run: Run): void {
    for (const { feed } of run) {
      const left = (this.#held.get(feed) ?? 0) - 1
      if (left > 0) this.#held.set(feed, left)
      else this.#held.delete(feed)
    }
  }

  #pump(): void {
    while (this.#ahead < AHEAD && this.#queue.length > 0) {
      const items = this.#queue.slice(0, BATCH)
      this.#queue = this.#queue.slice(items.length)
      this.#ahead++
      const unchecked = items.filter((item) => !item.good && this.#flow.isCurrent(item))
      const flags = unchecked.length > 0 ? this.#flow.verify(unchecked, false) : []
      this.#turn = this.#turn.then(async () => {
        this.#finish(items, unchecked, await flags)
        await this.#flow.commits.room()
        this.#ahead--
        this.#pump()
      })
    }
  }

  #finish(items: readonly Item[], unchecked: readonly Item[], flags?: readonly boolean[]): void {
    if (!flags) return this.giveUp(items)
    for (const [index, item] of unchecked.entries()) item.good = flags[index] === true
    for (const run of runsOf(items)) this.#settle(run)
  }

  #settle(run: Run): void {
    // A cut can lie between two items of one batch: what came before and after it are different epochs.
    const current = run.filter((item) => this.#flow.isCurrent(item))
    this.giveUp(run.filter((item) => !this.#flow.isCurrent(item)))
    const { good, bad } = split(current)
    this.#forget(good)
    if (good.length > 0) this.#flow.pass(good, { stored: true })
    if (bad[0]) this.#flow.cut(bad[0])
    this.giveUp(bad)
  }
}
