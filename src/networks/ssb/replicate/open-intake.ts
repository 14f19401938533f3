/** The intake: bytes → form → place in the feed → signature on worker threads → disk, in batches, in bounded memory. */
import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import type { Deed } from '#model/deed.ts'
import type { Head, Host } from '#network/host.ts'
import { linksTo } from '#networks/ssb/feed/links.ts'
import type { FeedState, Invalid, SignedMessage } from '#networks/ssb/feed/message.ts'
import type { Verifier } from '#networks/ssb/feed/verifier.ts'
import { openFeedTable, type FeedTable } from '#networks/ssb/replicate/feed-table.ts'
import type {
  Count,
  MessageIntake,
  Passed,
  Refusal,
  Unseal,
  Verdict,
} from '#networks/ssb/replicate/intake.ts'
import { arrivals, type FeedLimits } from '#networks/ssb/replicate/intake/arrivals.ts'
import { openBackground, type Background } from '#networks/ssb/replicate/intake/background.ts'
import { retryBoxes } from '#networks/ssb/replicate/intake/boxes.ts'
import { openBudget } from '#networks/ssb/replicate/intake/budget.ts'
import { openCommits } from '#networks/ssb/replicate/intake/commits.ts'
import { openFlow, type Flow, type FlowParts } from '#networks/ssb/replicate/intake/flow.ts'
import { openFront, type HeadFirst } from '#networks/ssb/replicate/intake/front.ts'
import type { Decode, Item } from '#networks/ssb/replicate/intake/item.ts'
import { openRefusals } from '#networks/ssb/replicate/intake/refusals.ts'
import { recover } from '#networks/ssb/replicate/intake/recover.ts'
import type { Body } from '#networks/ssb/wire/rpc.ts'

/** An own message does not follow the newest one of its feed, or that one is not checked yet. */
export class OutOfSequenceError extends MetaLifeError {
  override name = 'OutOfSequenceError'
}

/** What bounds the intake. */
export type IntakeLimits = FeedLimits & {
  /** Bytes that may wait for a check or for the disk; one peer may hold half of them. */
  readonly queueBytes: number
  readonly headFirst: HeadFirst
}

export const defaultIntakeLimits: IntakeLimits = {
  maxFeedMessages: 1_000_000,
  maxFeedBytes: 1024 ** 3,
  queueBytes: 8 * 1024 * 1024,
  headFirst: { from: 32, behind: 2_000 },
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
  const heads = await options.host.records.heads()
  const intake = new OpenIntake(options, heads)
  await intake.recover(heads)
  return intake
}

class OpenIntake implements MessageIntake, AsyncDisposable {
  readonly feeds: FeedTable
  readonly counters = noCounts()
  readonly #options: IntakeOptions
  readonly #closing = new AbortController()
  readonly #checked = listeners<Checked>()
  readonly #passed = listeners<readonly Passed[]>()
  readonly #refused = listeners<Refusal>()
  readonly #flow: Flow
  readonly #background: Background
  readonly #take: MessageIntake['take']

  constructor(options: IntakeOptions, heads: readonly Head[]) {
    const limits = { ...defaultIntakeLimits, ...options.limits }
    this.#options = options
    this.feeds = openFeedTable(heads)
    this.#flow = openFlow(this.#parts(limits))
    this.#background = openBackground(this.#flow)
    const front = openFront(this.#flow, this.#background, limits.headFirst)
    const wanted = options.wanted ?? (() => true)
    const { parse } = options
    const push = (item: Item): void => front.push(item)
    this.#take = arrivals(this.#flow, { parse, linksTo, wanted, limits }, push)
  }

  /** Checks what a crash left unchecked. */
  recover(heads: readonly Head[]): Promise<void> {
    const { host, parse } = this.#options
    return recover(heads, host.records, this.#flow, this.#background, parse)
  }

  async offer(message: Body, peer: string): Promise<void> {
    this.#take(message, peer)
    await this.#flow.budget.room(peer)
  }

  take(message: Body, peer: string): Verdict {
    return this.#take(message, peer)
  }

  room(peer: string): Promise<void> | undefined {
    return this.#flow.budget.room(peer)
  }

  async append(own: SignedMessage, given?: readonly Deed[], key?: string): Promise<void> {
    const { id, author, sequence, bytes } = own.message
    const feed = this.feeds.ids.add(author)
    const before = this.feeds.tip(feed)
    this.#mustFollow(own, feed, before)
    const decoded = this.#options.decode(own.message)
    const deeds = given ?? decoded.deeds
    const record = { id, feed: author, sequence, bytes, ...(key !== undefined && { key }) }
    this.feeds.move(feed, sequence, id, bytes.length)
    try {
      const checked = [{ feed: author, sequence }]
      await this.#options.host.receive({ records: [record], deeds, checked })
    } catch (error) {
      this.feeds.move(feed, sequence - 1, before?.id ?? null)
      throw error
    }
    this.feeds.pass(feed, sequence)
    this.counters.stored++
    this.counters.checked++
    this.#passed.tell([{ feed: author, sequence, id, decoded: { ...decoded, deeds } }])
    this.#checked.tell({ feed: author, sequence })
  }

  async settled(): Promise<void> {
    const { budget, commits } = this.#flow
    using _hurry = commits.hurry()
    await budget.idle()
    await commits.idle()
  }

  sequence(feed: string): number {
    return this.feeds.sequence(this.feeds.ids.find(feed))
  }

  checked(feed: string): number {
    return this.feeds.checked(this.feeds.ids.find(feed))
  }

  onChecked(listener: (feed: string, sequence: number) => void): () => void {
    return this.#checked.add(({ feed, sequence }) => listener(feed, sequence))
  }

  onPassed(listener: (messages: readonly Passed[]) => void): () => void {
    return this.#passed.add(listener)
  }

  onRefused(listener: (refusal: Refusal) => void): () => void {
    return this.#refused.add(listener)
  }

  refusedUntil(feed: string, peer: string): number {
    return this.#flow.refusals.until(feed, peer)
  }

  retryBoxes(unseal: Unseal, signal?: AbortSignal): Promise<number> {
    const { host, parse, decode } = this.#options
    return retryBoxes({ host, feeds: this.feeds, parse, decode }, unseal, signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#flow.budget.close()
    await this.#flow.commits.idle()
  }

  #parts(limits: IntakeLimits): FlowParts {
    const { host, verifier, decode, unseal, clock, onMisbehaviour } = this.#options
    const closing = this.#closing.signal
    const budget = openBudget(limits.queueBytes, () => commits.nudge())
    const commits = openCommits(host, clock, closing, () => budget.isPressed)
    return {
      feeds: this.feeds,
      budget,
      commits,
      refusals: openRefusals(clock),
      counters: this.counters,
      verifier,
      decode,
      unseal,
      clock,
      closing,
      misbehaved: onMisbehaviour ?? (() => undefined),
      refused: (refusal) => this.#refused.tell(refusal),
      passed: (messages) => this.#passed.tell(messages),
      checked: (feed, sequence) => this.#checked.tell({ feed, sequence }),
    }
  }

  #mustFollow(own: SignedMessage, feed: number, tip: FeedState | undefined): void {
    const wrong = linksTo(own.message, tip)
    if (wrong) throw new OutOfSequenceError(`The message cannot be added: ${wrong.invalid}.`)
    if (this.feeds.checked(feed) === own.message.sequence - 1) return
    throw new OutOfSequenceError(
      'Older messages of this feed are still being checked. Try again in a moment.',
    )
  }
}

type Checked = { readonly feed: string; readonly sequence: number }

function noCounts(): Record<Count, number> {
  return {
    taken: 0,
    known: 0,
    gap: 0,
    fork: 0,
    invalid: 0,
    unwanted: 0,
    refused: 0,
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
