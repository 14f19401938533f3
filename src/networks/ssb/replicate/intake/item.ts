/** One message on its way through the intake. */
import type { JsonObject } from '#base/json.ts'
import type { Message, SignedMessage } from '#networks/ssb/feed/message.ts'
import type { Decoded } from '#networks/ssb/kinds/deeds-of.ts'

/** Decodes a message; `plain` is the opened content of a private one. */
export type Decode = (message: Message, plain?: JsonObject) => Decoded

/** A message that links, with the bytes that its signature is over. */
export type Item = {
  readonly feed: number
  /** How often the feed had been cut when the item came. */
  readonly epoch: number
  readonly peer: string
  readonly message: Message
  readonly check: Pick<SignedMessage, 'signed' | 'signature'>
  /** What it weighs in the budget. */
  readonly cost: number
  /** Its own signature is checked and good. */
  good: boolean
  /** Set where it was decoded before its check, which private messages never are. */
  decoded?: Decoded
}

/** A contiguous run of one feed. */
export type Run = readonly Item[]

/** Groups items by feed; the order inside a feed stays. */
export function runsOf(items: readonly Item[]): Run[] {
  const runs = new Map<number, Item[]>()
  for (const item of items) {
    const run = runs.get(item.feed)
    if (run) run.push(item)
    else runs.set(item.feed, [item])
  }
  return [...runs.values()]
}

/** The good items before the first bad one, and the rest. */
export function split(run: Run): { readonly good: Run; readonly bad: Run } {
  const first = run.findIndex(({ good }) => !good)
  return first < 0 ? { good: run, bad: [] } : { good: run.slice(0, first), bad: run.slice(first) }
}

/** What a message of so many bytes (wire and signed form) weighs in the budget. */
export function weightOf(bytes: number): number {
  return bytes + 1_000
}
