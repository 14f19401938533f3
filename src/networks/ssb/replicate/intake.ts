import type { Body } from '#networks/ssb/wire/rpc.ts'

/** Where every message from a peer goes in, whatever protocol brought it. */
export interface MessageIntake {
  /**
   * Takes a message in; resolves when more may be offered (back-pressure), which is before it is stored.
   *
   * Bad messages are dropped, counted and held against `peer`; out-of-order and known ones are dropped silently.
   */
  offer(message: Body, peer: string): Promise<void>
  /** Resolves when everything offered so far is stored and its signatures are checked. */
  settled(): Promise<void>
  /** Newest stored sequence of a feed (0: nothing), provisional ones included. */
  sequence(feed: string): number
  /** Newest sequence that may be passed on: its signature and all before it are checked. */
  checked(feed: string): number
  /** Calls `listener` after messages of a feed became passable; returns the way to stop. */
  onChecked(listener: (feed: string, sequence: number) => void): () => void
}
