/** What one connection may cost, in bytes, counts and milliseconds. */
export type Limits = {
  /** Longest muxrpc body, both ways. */
  readonly maxBody: number
  /** Calls of the peer that may be open at a time; more are refused. */
  readonly openCalls: number
  /** Calls of the peer that are refused, over the life of the connection, before it is closed. */
  readonly refusedCalls: number
  /** Bytes of one stream that wait for their reader before the connection stops reading. */
  readonly queue: number
  /** Bytes that may wait to be sent before the connection is closed. */
  readonly backlog: number
  /** Milliseconds for the handshake. */
  readonly handshake: number
  /** Milliseconds without a byte from the peer, or without the peer taking one of ours. */
  readonly inactivity: number
  /** Milliseconds that the reader of a full queue may take nothing before its stream is given up. */
  readonly stall: number
  /** Milliseconds to wait for the peer's goodbye. */
  readonly goodbye: number
}

/** The limits that hold where nothing else is said. docs/LIMITS.md has the reasons. */
export const DEFAULT_LIMITS: Limits = {
  maxBody: 1024 * 1024,
  openCalls: 1024,
  refusedCalls: 4_000,
  queue: 1024 * 1024,
  backlog: 4 * 1024 * 1024,
  handshake: 15_000,
  inactivity: 300_000,
  stall: 60_000,
  goodbye: 1_000,
}
