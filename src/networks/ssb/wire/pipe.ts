/**
 * A two-way stream of bytes, whatever carries it (TCP, a room's tunnel, later the DHT or Bluetooth).
 *
 * Back-pressure: a writer awaits `write`; a reader that does not ask for the next chunk stops the sender.
 */
export interface Pipe {
  /** Chunks as they arrive; ends when the other side ended, throws when the pipe broke. Iterated once. */
  readonly source: AsyncIterable<Uint8Array>
  /** Resolves when more may be written. @throws when the pipe is closed */
  write(bytes: Uint8Array): Promise<void>
  /** Says that nothing more will be written. */
  end(): Promise<void>
  /** Closes both directions now. Harmless when already closed. */
  destroy(cause?: Error): void
  /** The other side's address for people, without secrets. */
  readonly remote: string
}
