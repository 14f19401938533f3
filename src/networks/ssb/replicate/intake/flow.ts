/** What every stage of the intake shares: the feeds, the budget, the writer, and the two ends of a message's way. */
import { sleep, type Clock } from '#base/clock.ts'
import { isObject } from '#base/json.ts'
import type { NativeRecord } from '#network/host.ts'
import type { Verifier } from '#networks/ssb/feed/verifier.ts'
import type { Decoded } from '#networks/ssb/kinds/deeds-of.ts'
import type { FeedTable } from '#networks/ssb/replicate/feed-table.ts'
import type { Count, Passed, Refusal, Unseal } from '#networks/ssb/replicate/intake.ts'
import type { Budget } from '#networks/ssb/replicate/intake/budget.ts'
import type { Commits } from '#networks/ssb/replicate/intake/commits.ts'
import type { Refusals } from '#networks/ssb/replicate/intake/refusals.ts'
import type { Decode, Item, Run } from '#networks/ssb/replicate/intake/item.ts'

/** What the stages are made of. */
export type FlowParts = {
  readonly feeds: FeedTable
  readonly budget: Budget
  readonly commits: Commits
  readonly verifier: Verifier
  readonly decode: Decode
  readonly unseal: Unseal
  readonly counters: Record<Count, number>
  readonly clock: Clock
  readonly closing: AbortSignal
  readonly refusals: Refusals
  readonly refused: (refusal: Refusal) => void
  readonly misbehaved: (peer: string, why: string) => void
  readonly passed: (messages: readonly Passed[]) => void
  readonly checked: (feed: string, sequence: number) => void
}

/** See `openFlow`. */
export type Flow = FlowParts & {
  /** The epoch that a new item of the feed belongs to. */
  epoch(feed: number): number
  /** False when the feed was cut at or before this item since it came: it is void. */
  isCurrent(item: Item): boolean
  /** Checks own signatures; undefined when the intake closes. */
  verify(items: readonly Item[], urgent: boolean): Promise<readonly boolean[] | undefined>
  /** Stores a run whose newest message is checked; its posts may be shown, nothing else happens. */
  storeProvisional(run: Run): void
  /** Stores what is not stored yet, and lets everything happen that the run says: its signatures are good. */
  pass(run: Run, options: { readonly stored: boolean }): void
  /** Takes the item and all that follow it out of the feed: its signature is bad. */
  cut(item: Item): void
  release(items: readonly Item[]): void
  /** Takes nothing of the feed from the peer for a while, and tells. */
  refuse(feed: string, peer: string, sequence: number, why: Refusal['why']): void
}

/** How long a feed is not taken from a peer whose copy is a forgery, or another branch. */
const FORGED = 60 * 60_000
const FORKED = 24 * 60 * 60_000

/** Joins the parts. */
export function openFlow(parts: FlowParts): Flow {
  const { feeds, budget, commits, counters } = parts
  /** Where a feed was cut, cut after cut; an item's epoch says how many of them it came after. */
  const cuts = new Map<number, number[]>()

  function epoch(feed: number): number {
    if (cuts.size > 0 && budget.items === 0) cuts.clear()
    return cuts.get(feed)?.length ?? 0
  }
  function isCurrent({ feed, epoch: from, message }: Item): boolean {
    if (cuts.size === 0) return true
    return !cuts.get(feed)?.some((sequence, at) => at >= from && message.sequence >= sequence)
  }

  function refuse(feed: string, peer: string, sequence: number, why: Refusal['why']): void {
    const until = parts.clock.now() + (why === 'fork' ? FORKED : FORGED)
    parts.refusals.add(feed, peer, until)
    parts.refused({ feed, peer, sequence, why, until })
  }
  function release(items: readonly Item[]): void {
    for (const { peer, cost } of items) budget.release(peer, cost)
  }
  return {
    ...parts,
    epoch,
    isCurrent,
    verify: (items, urgent) => verify(items, urgent, parts),
    storeProvisional(run) {
      const provisional = run.flatMap((item) => postsOf(decodeOpen(item, parts.decode)))
      commits.push({
        intake: { records: run.map(recordOf), provisional },
        stored: () => void (counters.stored += run.length),
      })
    },
    pass(run, { stored }) {
      commits.push(passing(run, stored, parts, () => release(run)))
    },
    cut(item) {
      const feed = feeds.ids.id(item.feed)
      const { sequence, previous } = item.message
      cuts.set(item.feed, [...(cuts.get(item.feed) ?? []), sequence])
      feeds.move(item.feed, sequence - 1, previous)
      counters.forged++
      commits.push({ intake: { dropped: [{ feed, sequence }] }, stored: () => undefined })
      if (item.peer) parts.misbehaved(item.peer, 'delivered a message with a bad signature')
      refuse(feed, item.peer, sequence, 'forged')
    },
    release,
    refuse,
  }
}

/** A verifier that is full has room soon; one that is closed means that all of this is about to close. */
async function verify(items: readonly Item[], urgent: boolean, parts: FlowParts) {
  const checks = items.map(({ check }) => check)
  const authors = items.map(({ feed }) => parts.feeds.ids.key(feed))
  while (!parts.closing.aborted) {
    try {
      return await parts.verifier.verify(checks, authors, { urgent })
    } catch {
      await sleep(parts.clock, 100, parts.closing).catch(() => undefined)
    }
  }
  return undefined
}

/** Decodes what is no private message and remembers it on the item. */
export function decodeOpen(item: Item, decode: Decode): Decoded | undefined {
  if (typeof item.message.content === 'string') return undefined
  return (item.decoded ??= decode(item.message))
}

function passing(run: Run, stored: boolean, parts: FlowParts, done: () => void) {
  const last = run[run.length - 1] as Item
  const feed = parts.feeds.ids.id(last.feed)
  const passed = run.map((item) => passedOf(item, parts))
  const confirmed = stored ? run.flatMap((item) => postsOf(item.decoded)) : []
  const known = new Set(confirmed)
  const deeds = passed.flatMap(({ decoded }) => decoded.deeds).filter((deed) => !known.has(deed))
  const checked = [{ feed, sequence: last.message.sequence }]
  return {
    intake: { records: stored ? [] : run.map(recordOf), confirmed, deeds, checked },
    stored() {
      if (!stored) parts.counters.stored += run.length
      parts.counters.checked += run.length
      parts.feeds.pass(last.feed, last.message.sequence)
      done()
      parts.passed(passed)
      parts.checked(feed, last.message.sequence)
    },
  }
}

function passedOf(item: Item, parts: FlowParts): Passed {
  const { message } = item
  const decoded = decodeOpen(item, parts.decode) ?? openBox(item, parts)
  if (!decoded.known) parts.counters.unknownKind++
  return { feed: message.author, sequence: message.sequence, id: message.id, decoded }
}

function openBox({ message }: Item, { counters, decode, unseal }: FlowParts): Decoded {
  counters.boxes++
  const plain = unseal(message.content as string)
  if (!isObject(plain)) return { deeds: [], kind: 'box', known: true, blobs: [] }
  counters.opened++
  return decode(message, plain)
}

function postsOf(decoded: Decoded | undefined) {
  return decoded?.deeds.filter(({ kind }) => kind === 'post') ?? []
}

function recordOf({ message }: Item): NativeRecord {
  const { id, author, sequence, bytes } = message
  return { id, feed: author, sequence, bytes }
}
