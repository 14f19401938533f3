import type { Json } from '#base/json.ts'
import type { Deed } from '#model/deed.ts'
import type { SignedMessage } from '#networks/ssb/feed/message.ts'
import type { Decoded } from '#networks/ssb/kinds/deeds-of.ts'
import type { FeedTable } from '#networks/ssb/replicate/feed-table.ts'
import type { Body } from '#networks/ssb/wire/rpc.ts'

/** Where every message from a peer goes in, whatever protocol brought it. */
export interface MessageIntake {
  /**
   * Takes a message in; resolves when more may be offered (back-pressure), which is before it is stored.
   *
   * Bad messages are dropped, counted and held against `peer`; out-of-order and known ones are dropped silently.
   */
  offer(message: Body, peer: string): Promise<void>
  /** Takes a message in at once and says what became of it; the caller then waits for `room`. */
  take(message: Body, peer: string): Verdict
  /** Resolves when `peer` may offer more; undefined when it may at once. */
  room(peer: string): Promise<void> | undefined
  /**
   * Stores an own message, under the feed's lock; resolves when it is durable and on its way to peers.
   *
   * Its deeds are decoded from it where they are not given (a private message says nothing by itself). `key` is
   * remembered with it (see `NativeRecord.key`).
   *
   * @throws OutOfSequenceError when it does not follow the newest message, or that one is not checked yet
   */
  append(own: SignedMessage, deeds?: readonly Deed[], key?: string): Promise<void>
  /** Resolves when nothing is under way: everything offered is stored and its signatures are checked. */
  settled(): Promise<void>
  /** Newest sequence of a feed taken in (0: nothing), provisional ones included. */
  sequence(feed: string): number
  /** Newest sequence that may be passed on: its signature and all before it are checked. */
  checked(feed: string): number
  /** All feeds by number, for readers who visit many. */
  readonly feeds: FeedTable
  /** Calls `listener` after messages of a feed became passable; returns the way to stop. */
  onChecked(listener: (feed: string, sequence: number) => void): () => void
  /** Calls `listener` with messages whose signature is checked, once they are stored; comes before `onChecked`. */
  onPassed(listener: (messages: readonly Passed[]) => void): () => void
  /** Until when nothing of the feed is taken from the peer (milliseconds since 1970); 0 when it is. */
  refusedUntil(feed: string, peer: string): number
  /** Calls `listener` when `peer` delivered something of a feed that cannot be used: ask another peer. */
  onRefused(listener: (refusal: Refusal) => void): () => void
  /** Tries an unsealer on every stored private box, for instance after a new key came; returns how many opened. */
  retryBoxes(unseal: Unseal, signal?: AbortSignal): Promise<number>
  /** How many messages had which fate, for people who look closer. */
  readonly counters: Readonly<Record<Count, number>>
}

/** What became of an offered message. */
export type Verdict = {
  readonly outcome: Outcome
  /** Absent when the bytes are no message. */
  readonly feed?: string
  readonly sequence?: number
}

/**
 * `taken`: goes on to be checked; `known`: was here; `gap`: an earlier one is missing; `fork`: does not follow our
 * copy; `invalid`: no well-formed message; `unwanted`: a feed that is not replicated; `refused`: a feed that is not
 * taken from this peer; `full`: over a limit.
 */
export type Outcome =
  | 'taken'
  | 'known'
  | 'gap'
  | 'fork'
  | 'invalid'
  | 'unwanted'
  | 'refused'
  | 'full'

/** A checked and stored message, as those see it who act on it. */
export type Passed = {
  readonly feed: string
  readonly sequence: number
  readonly id: string
  readonly decoded: Decoded
}

/**
 * `forged`: the signature is bad; `fork`: another branch of the feed. `sequence` is the first message that is missing,
 * `until` when the feed is taken from the peer again (milliseconds since 1970).
 */
export type Refusal = {
  readonly feed: string
  readonly peer: string
  readonly sequence: number
  readonly why: 'forged' | 'fork'
  readonly until: number
}

/** Opens the text of a private message; undefined when it is not for us. */
export type Unseal = (box: string) => Json | undefined

export type Count = Outcome | 'stored' | 'checked' | 'forged' | 'unknownKind' | 'boxes' | 'opened'
