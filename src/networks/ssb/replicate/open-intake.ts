/** The intake: bytes → form → place in the feed → signature on worker threads → disk, in batches, in bounded memory. */
import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import type { Deed } from '#model/deed.ts'
import type { Host } from '#network/host.ts'
import { linksTo } from '#networks/ssb/feed/links.ts'
import type { Invalid, SignedMessage } from '#networks/ssb/feed/message.ts'
import type { Verifier } from '#networks/ssb/feed/verifier.ts'
import { openFeedTable } from '#networks/ssb/replicate/feed-table.ts'
import type {
  Count,
  MessageIntake,
  Passed,
  Refusal,
  Unseal,
} from '#networks/ssb/replicate/intake.ts'
import { arrivals, type FeedLimits } from '#networks/ssb/replicate/intake/arrivals.ts'
import { openBackground } from '#networks/ssb/replicate/intake/background.ts'
import { retryBoxes } from '#networks/ssb/replicate/intake/boxes.ts'
import { openBudget } from '#networks/ssb/replicate/intake/budget.ts'
import { openCommits } from '#networks/ssb/replicate/intake/commits.ts'
import { openFlow, type Flow } from '#networks/ssb/replicate/intake/flow.ts'
import { openFront } from '#networks/ssb/replicate/intake/front.ts'
import type { Decode } from '#networks/ssb/replicate/intake/item.ts'
import { recover } from '#networks/ssb/replicate/intake/recover.ts'

/** An own message does not follow the newest one of its feed, or that one is not checked yet. */
export class OutOfSequenceError extends MetaLifeError {
  override name = 'OutOfSequenceError'
}

/** What bounds the intake. */
export type IntakeLimits = FeedLimits & {
  /** Bytes that may wait for a check or for the disk; one peer may hold half of them. */
  readonly queueBytes: number
  /** How long a run must be to be stored on its newest message's signature alone. */
  readonly headFirstFrom: number
}

export const defaultIntakeLimits: IntakeLimits = {
  maxFeedMessages: 1_000_000,
  maxFeedBytes: 1024 ** 3,
  queueBytes: 16 * 1024 * 1024,
  headFirstFrom: 32,
}

/** What an intake is made of. */
export type IntakeOptions = {
  readonly host: Pick<Host, 'receive' | 'records'>
  readonly verifier: Verifier
  readonly parse: (bytes: Uint8Array) => SignedMessage | Invalid
  readonly decode: Decode
  readonly unseal: Unseal
  readonly clock: Clock
  readonly limits?: Partial<IntakeLimits>
  /** Whether a feed is replicated at all; every feed when absent. */
  readonly wanted?: (feed: string) => boolean
  /** Told of every peer that sends what no sound peer sends. */
  readonly onMisbehaviour?: (peer: string, why: string) => void
}

/**
 * Opens the intake; first it checks what a crash left unchecked. Does not close the verifier.
 *
 * Mends the limit of checking heads first (a classic id hashes only the low byte of each UTF-16 unit): what has not had
 * its own signature checked is provisional, triggers nothing and is never passed on.
 */
export async function openIntake(options: IntakeOptions): Promise<MessageIntake & AsyncDisposable> {
  const { host, parse, decode } = options
  const limits = { ...defaultIntakeLimits, ...options.limits }
  const closing = new AbortController()
  const heads = await host.records.heads()
  const counters = noCounts()
  const events = {
    checked: listeners<Checked>(),
    passed: listeners<Passed[]>(),
    refused: listeners<Refusal>(),
  }
  const flow = openFlow({
    feeds: openFeedTable(heads),
    budget: openBudget(limits.queueBytes),
    commits: openCommits(host, options.clock, closing.signal),
    verifier: options.verifier,
    decode,
    unseal: options.unseal,
    counters,
    clock: options.clock,
    closing: closing.signal,
    refused: (refusal) => events.refused.tell(refusal),
    misbehaved: options.onMisbehaviour ?? (() => undefined),
    passed: (messages) => events.passed.tell([...messages]),
    checked: (feed, sequence) => events.checked.tell({ feed, sequence }),
  })
  const background = openBackground(flow)
  await recover(heads, host.records, flow, background, parse)
  const front = openFront(flow, background, limits.headFirstFrom)
  const wanted = options.wanted ?? (() => true)
  const take = arrivals(flow, { parse, linksTo, wanted, limits }, (item) => front.push(item))
  const { feeds, budget } = flow

  const intake: MessageIntake & AsyncDisposable = {
    take,
    room: (peer) => budget.room(peer),
    async offer(message, peer) {
      take(message, peer)
      await budget.room(peer)
    },
    append: (own, deeds, key) => append(own, { deeds, key }, flow, host),
    async settled() {
      await budget.idle()
      await flow.commits.idle()
    },
    sequence: (feed) => feeds.sequence(feeds.ids.find(feed)),
    checked: (feed) => feeds.checked(feeds.ids.find(feed)),
    feeds,
    counters,
    onChecked: (listener) => events.checked.add(({ feed, sequence }) => listener(feed, sequence)),
    onPassed: (listener) => events.passed.add(listener),
    onRefused: (listener) => events.refused.add(listener),
    retryBoxes: (unseal, signal) => retryBoxes({ host, feeds, parse, decode }, unseal, signal),
    async [Symbol.asyncDispose]() {
      closing.abort()
      budget.close()
      await flow.commits.idle()
    },
  }
  return intake
}

type Checked = { readonly feed: string; readonly sequence: number }

async function append(
  own: SignedMessage,
  given: { readonly deeds: readonly Deed[] | undefined; readonly key: string | undefined },
  flow: Flow,
  host: Pick<Host, 'receive'>,
): Promise<void> {
  const { feeds } = flow
  const { id, author, sequence, bytes } = own.message
  const feed = feeds.ids.add(author)
  const before = feeds.tip(feed)
  const wrong = linksTo(own.message, before)
  if (wrong) throw new OutOfSequenceError(`The message cannot be added: ${wrong.invalid}.`)
  if (feeds.checked(feed) !== sequence - 1) {
    throw new OutOfSequenceError(
      'Older messages of this feed are still being checked. Try again in a moment.',
    )
  }
  const decoded = flow.decode(own.message)
  const deeds = given.deeds ?? decoded.deeds
  feeds.move(feed, sequence, id, bytes.length)
  try {
    const { key } = given
    const records = [{ id, feed: author, sequence, bytes, ...(key !== undefined && { key }) }]
    await host.receive({ records, deeds, checked: [{ feed: author, sequence }] })
  } catch (error) {
    feeds.move(feed, sequence - 1, before?.id ?? null)
    throw error
  }
  feeds.pass(feed, sequence)
  flow.counters.stored++
  flow.counters.checked++
  flow.passed([{ feed: author, sequence, id, decoded: { ...decoded, deeds } }])
  flow.checked(author, sequence)
}

function noCounts(): Record<Count, number> {
  return {
    taken: 0,
    known: 0,
    gap: 0,
    fork: 0,
    invalid: 0,
    unwanted: 0,
    full: 0,
    stored: 0,
    checked: 0,
    forged: 0,
    unknownKind: 0,
    boxes: 0,
    opened: 0,
  }
}

function listeners<T>() {
  const all = new Set<(event: T) => void>()
  return {
    tell(event: T): void {
      for (const listener of all) listener(event)
    },
    add(listener: (event: T) => void): () => void {
      // Its own function, so that the same listener added twice is two.
      const own = (event: T): void => listener(event)
      all.add(own)
      return () => void all.delete(own)
    },
  }
}
