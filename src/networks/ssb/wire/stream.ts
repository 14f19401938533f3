/** One open muxrpc stream, ours or the peer's, with both its directions. */
import { isObject } from '#base/json.ts'
import { END, STREAM, typeBits, typeOf } from '#networks/ssb/wire/frame.ts'
import type { Outbox } from '#networks/ssb/wire/outbox.ts'
import { rejected } from '#networks/ssb/wire/outbox.ts'
import { ReceiveQueue } from '#networks/ssb/wire/receive-queue.ts'
import type { Body, Channel } from '#networks/ssb/wire/rpc.ts'
import {
  ClosedError,
  errorForPeer,
  parse,
  ProtocolError,
  remoteError,
} from '#networks/ssb/wire/rpc-errors.ts'

/** What a stream needs of its connection. */
export type Link = {
  readonly outbox: Outbox
  readonly limits: { readonly maxBody: number; readonly queue: number }
  /** The stream's queue is over its limit. */
  full(stream: Stream): void
  relieved(stream: Stream): void
  /** Frames of this stream need no attention any more. */
  forget(stream: Stream): void
}

export type StreamShape = {
  /** Request number in frames that we send: positive when the call is ours. */
  readonly number: number
  /** True for `source` calls: the peer's end is the end of it all. */
  readonly oneWay: boolean
  /** False when nobody reads what the peer sends (we are the source). */
  readonly reads: boolean
  /** Hears once when the peer gave the call up or the connection closed. */
  readonly stopped?: (reason: Error) => void
  /** Hears (once or more) that the stream needs no attention any more. */
  readonly gone?: () => void
}

const TRUE = Buffer.from('true')

export class Stream implements Channel {
  readonly number: number
  readonly #link: Link
  readonly #shape: StreamShape
  readonly #queue: ReceiveQueue
  #sentEnd = false
  #gotEnd = false
  #gone: Error | undefined
  /** Counts bodies, for those who watch for silence. */
  heard = 0

  constructor(link: Link, shape: StreamShape) {
    this.#link = link
    this.#shape = shape
    this.number = shape.number
    this.#queue = new ReceiveQueue(
      link.limits.queue,
      () => link.relieved(this),
      () => this.#leave(),
    )
    if (!shape.reads) this.#queue.end()
  }

  get source(): AsyncIterable<Body> {
    return this.#queue.bodies()
  }

  get batches(): AsyncIterable<readonly Body[]> {
    return this.#queue.batches()
  }

  /** Takes a frame of the peer. */
  receive(flags: number, bytes: Uint8Array): void {
    const type = typeOf(flags) ?? 'bytes'
    if ((flags & END) !== 0) return this.#receiveEnd(type, bytes)
    this.heard++
    // Other stacks send empty chunks; they carry nothing.
    if (bytes.length === 0) return
    this.#queue.push({ type, bytes })
    if (this.#queue.full) this.#link.full(this)
  }

  write(body: Body): Promise<void> {
    const wrong = this.#put(body)
    return wrong ? rejected(wrong) : this.#link.outbox.ready()
  }

  async writeMany(bodies: readonly Body[]): Promise<void> {
    for (const body of bodies) await this.write(body)
  }

  async end(error?: Error): Promise<void> {
    this.#sendEnd(error)
    if (error) this.stop(new ClosedError('The stream was ended with an error.'))
    else if (this.#gotEnd || this.#shape.oneWay || this.#queue.ended) this.#forget()
  }

  /** Gives the stream up: the peer hears its end, our reader hears `reason`. */
  cancel(reason: Error): void {
    this.#sendEnd()
    this.stop(reason)
  }

  /** Lets go of the stream without a word to the peer. */
  stop(reason: Error): void {
    this.#gone ??= reason
    this.#sentEnd = true
    this.#queue.abort(reason)
    this.#forget()
    this.#shape.stopped?.(reason)
  }

  #put(body: Body): Error | undefined {
    if (this.#gone) return this.#gone
    if (this.#sentEnd) return new ClosedError('Nothing can be written after the end of a stream.')
    if (body.bytes.length > this.#link.limits.maxBody) {
      return new ProtocolError(`A body of ${body.bytes.length} bytes is too long to send.`)
    }
    // An empty body reads as goodbye in other stacks.
    if (body.bytes.length > 0) {
      this.#link.outbox.put(STREAM | typeBits(body.type), this.number, body.bytes)
    }
    return undefined
  }

  #sendEnd(error?: Error): void {
    if (this.#sentEnd) return
    this.#sentEnd = true
    const bytes = error ? Buffer.from(JSON.stringify(errorForPeer(error))) : TRUE
    this.#link.outbox.put(STREAM | END | typeBits('json'), this.number, bytes)
  }

  #receiveEnd(type: Body['type'], bytes: Uint8Array): void {
    if (this.#gotEnd) return
    this.#gotEnd = true
    const error = endsWell(type, bytes) ? undefined : remoteError(bytes, type)
    this.#queue.end(error)
    if (!error && !this.#shape.oneWay && !this.#sentEnd) return
    if (error || this.#shape.oneWay) {
      this.#sendEnd()
      this.#gone = error ?? new ClosedError('The peer ended the call.')
    }
    this.#forget()
    if (this.#gone) this.#shape.stopped?.(this.#gone)
  }

  /** Our reader went away. */
  #leave(): void {
    if (this.#shape.oneWay) this.#sendEnd()
    if (this.#sentEnd) this.#forget()
  }

  #forget(): void {
    this.#link.forget(this)
    this.#shape.gone?.()
  }
}

/** An end says `true`, or what went wrong. */
function endsWell(type: Body['type'], bytes: Uint8Array): boolean {
  if (bytes.length === 0) return true
  if (type !== 'json' || bytes.length > 4096) return false
  return !isObject(parse(Buffer.from(bytes).toString()))
}
