/** What becomes of offered bytes: form, place in the feed, limits. About 5 µs a message beside the parser. */
import type { FeedState, Invalid, Message, SignedMessage } from '#networks/ssb/feed/message.ts'
import type { Verdict } from '#networks/ssb/replicate/intake.ts'
import type { Flow } from '#networks/ssb/replicate/intake/flow.ts'
import { weightOf, type Item } from '#networks/ssb/replicate/intake/item.ts'
import type { Body } from '#networks/ssb/wire/rpc.ts'

/** What bounds one feed. */
export type FeedLimits = {
  /** Most messages of one feed; what comes after is not taken. */
  readonly maxFeedMessages: number
  /** Most bytes of one feed, counted while the node runs. */
  readonly maxFeedBytes: number
}

/** What the arrivals ask others. */
export type ArrivalParts = {
  readonly parse: (bytes: Uint8Array) => SignedMessage | Invalid
  readonly linksTo: (message: Message, state: FeedState | undefined) => Invalid | undefined
  readonly wanted: (feed: string) => boolean
  readonly limits: FeedLimits
}

/** Makes the function that takes a message in. */
export function arrivals(
  flow: Flow,
  parts: ArrivalParts,
  push: (item: Item) => void,
): (body: Body, peer: string) => Verdict {
  const { feeds, budget, counters } = flow

  function invalid(peer: string, why: string): Verdict {
    counters.invalid++
    flow.misbehaved(peer, `sent a malformed message: ${why}`)
    return { outcome: 'invalid' }
  }
  function accept(signed: SignedMessage, feed: number, peer: string): void {
    const { message, signature } = signed
    const cost = weightOf(signed.signed.length + message.bytes.length)
    const check = { signed: signed.signed, signature }
    feeds.move(feed, message.sequence, message.id, message.bytes.length)
    budget.take(peer, cost)
    const epoch = flow.epoch(feed)
    push({ feed, epoch, peer, message, check, cost, good: false })
  }
  function judge({ message }: SignedMessage, feed: number): Verdict['outcome'] {
    const here = feed < 0 ? 0 : feeds.sequence(feed)
    const { sequence } = message
    if (sequence > here + 1) return 'gap'
    const state = feed < 0 ? undefined : feeds.tip(feed)
    if (sequence < here) return 'known'
    if (sequence === here && message.id === state?.id) return 'known'
    // Only beside a checked copy it is a fork: ours may turn out to be the forgery.
    if (sequence === here || parts.linksTo(message, state)) {
      return feed >= 0 && feeds.checked(feed) === here ? 'fork' : 'gap'
    }
    const { maxFeedMessages, maxFeedBytes } = parts.limits
    if (sequence > maxFeedMessages || (feed >= 0 && feeds.bytes(feed) > maxFeedBytes)) return 'full'
    return budget.exhausted ? 'full' : 'taken'
  }
  return (body, peer) => {
    if (body.type !== 'json') return invalid(peer, 'it is not JSON')
    const parsed = parts.parse(body.bytes)
    if ('invalid' in parsed) return invalid(peer, parsed.invalid)
    const { author, sequence } = parsed.message
    const feed = feeds.ids.find(author)
    const refused = flow.refusals.until(author, peer) > 0
    const outcome = refused ? 'refused' : parts.wanted(author) ? judge(parsed, feed) : 'unwanted'
    counters[outcome]++
    if (outcome === 'taken') accept(parsed, feed < 0 ? feeds.ids.add(author) : feed, peer)
    if (outcome === 'fork') flow.refuse(author, peer, sequence, 'fork')
    return { outcome, feed: author, sequence }
  }
}
