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
const BATCH = 128
const AHEAD = 4

/** Opens the stage. */
export function openBackground(flow: Flow): Background {
  const held = new Map<number, number>()
  let queue: Item[] = []
  let ahead = 0
  let turn = Promise.resolve()

  function forget(run: Run): void {
    for (const { feed } of run) {
      const left = (held.get(feed) ?? 0) - 1
      if (left > 0) held.set(feed, left)
      else held.delete(feed)
    }
  }
  function giveUp(run: Run): void {
    forget(run)
    flow.release(run)
  }
  function pump(): void {
    while (ahead < AHEAD && queue.length > 0) {
      const items = queue.slice(0, BATCH)
      queue = queue.slice(items.length)
      const unchecked = items.filter((item) => !item.good && flow.isCurrent(item))
      const flags = unchecked.length > 0 ? flow.verify(unchecked, false) : Promise.resolve([])
      ahead++
      turn = turn.then(async () => {
        finish(items, unchecked, await flags)
        await flow.commits.room()
        ahead--
        pump()
      })
    }
  }
  function finish(
    items: readonly Item[],
    unchecked: readonly Item[],
    flags: readonly boolean[] | undefined,
  ): void {
    if (!flags) return giveUp(items)
    for (const [index, item] of unchecked.entries()) item.good = flags[index] === true
    for (const run of runsOf(items)) settle(run)
  }
  function settle(run: Run): void {
    // A cut can lie between two items of one batch: what came before and after it are different epochs.
    const current = run.filter((item) => flow.isCurrent(item))
    giveUp(run.filter((item) => !flow.isCurrent(item)))
    const { good, bad } = split(current)
    forget(good)
    if (good.length > 0) flow.pass(good, { stored: true })
    if (bad[0]) flow.cut(bad[0])
    giveUp(bad)
  }
  return {
    expect(run) {
      for (const { feed } of run) held.set(feed, (held.get(feed) ?? 0) + 1)
    },
    holds: (feed) => held.has(feed),
    push(run) {
      queue.push(...run)
      pump()
    },
    giveUp,
  }
}
