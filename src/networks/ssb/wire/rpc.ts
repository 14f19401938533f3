import type { Json } from '#base/json.ts'

/** One muxrpc body: never empty on our side (an empty body closes other stacks' connections). */
export type Body = {
  readonly type: 'bytes' | 'text' | 'json'
  readonly bytes: Uint8Array
}

/** Both directions of a duplex call. */
export interface Channel {
  /** Bodies as they arrive; ends with the other side's end, throws `RemoteError` with its error. Iterated once. */
  readonly source: AsyncIterable<Body>
  /** The same, all that has arrived at a time: for streams of many small bodies. Use either this or `source`. */
  readonly batches: AsyncIterable<readonly Body[]>
  /** Resolves when more may be written. An empty body is dropped. @throws when the channel is closed */
  write(body: Body): Promise<void>
  /** Writes all of them, waiting in between where the pipe is full. @throws when the channel is closed */
  writeMany(bodies: readonly Body[]): Promise<void>
  /**
   * Ends our direction; with an error, both.
   *
   * The JavaScript stack takes any end as the end of both directions and does not answer it: who waits for the source to
   * end after this leaves it by an abort.
   */
  end(error?: Error): Promise<void>
}

/** What a source gives; leaving the loop early ends the call at the peer. Iterated once, either way. */
export type BodySource = AsyncIterable<Body> & {
  /** All that has arrived at a time: for streams of many small bodies. */
  readonly batches: AsyncIterable<readonly Body[]>
}

/** A muxrpc connection to an authenticated peer. */
export interface Rpc {
  /** The peer's feed id, proven by the handshake. */
  readonly remote: string
  readonly address: string
  /** True when we dialled. */
  readonly outgoing: boolean
  /** Bytes over the wire so far, for people. */
  readonly traffic: { readonly received: number; readonly sent: number }
  /**
   * Calls an async method.
   *
   * @throws RemoteError when the peer answers with an error; TimeoutError; the signal's reason; ClosedError
   */
  call(name: readonly string[], args: readonly Json[], options?: CallOptions): Promise<Json>
  source(name: readonly string[], args: readonly Json[], options?: CallOptions): BodySource
  duplex(name: readonly string[], args: readonly Json[], options?: CallOptions): Channel
  /** Says goodbye, waits for the peer's for a moment, closes. */
  close(): Promise<void>
  /** Resolves (never rejects) when the connection is gone, with the cause when it broke. */
  readonly closed: Promise<Error | undefined>
}

export type CallOptions = {
  readonly signal?: AbortSignal
  /** Milliseconds without an answer (async) or without any body (source, duplex); none by default for streams. */
  readonly timeout?: number
}

/** What a method's handler is told of the call. */
export type Caller = {
  readonly rpc: Rpc
  /**
   * Aborted when the peer gives the call up (for a duplex: ends it with an error; its plain end only ends the source)
   * or the connection closes.
   */
  readonly signal: AbortSignal
}

/**
 * A method that we answer. `allow` decides per peer; a refused call is answered with an error.
 *
 * What a handler throws reaches the peer with its message only when it is a `MetaLifeError`. The iterable of a source has to
 * end when `Caller.signal` aborts, or the call counts as open for ever.
 */
export type Method = { readonly allow: (remote: string) => boolean } & (
  | {
      readonly type: 'async'
      readonly handle: (args: readonly Json[], caller: Caller) => Promise<Json>
    }
  | {
      readonly type: 'source'
      readonly handle: (args: readonly Json[], caller: Caller) => AsyncIterable<Body>
    }
  | {
      readonly type: 'duplex'
      readonly handle: (args: readonly Json[], caller: Caller, channel: Channel) => Promise<void>
    }
)

/** Methods by dotted name (`ebt.replicate`); the manifest is made of them. */
export type Methods = Readonly<Record<string, Method>>

/** A JSON body. */
export function jsonBody(value: Json): Body {
  return { type: 'json', bytes: Buffer.from(JSON.stringify(value)) }
}
