/**
 * A muxrpc connection over a secured pipe: frames in and out, our calls, the peer's calls, goodbye.
 *
 * Scuttlebutt Protocol Guide, "RPC protocol". Reading is driven by chunks: every box and frame of a chunk is handled before
 * the next is asked for, and nothing is asked for while a stream's reader is behind.
 */
import type { Clock, Timer } from '#base/clock.ts'
import type { Json } from '#base/json.ts'
import { Answers } from '#networks/ssb/wire/answers.ts'
import { BoxOpener, BoxSealer } from '#networks/ssb/wire/box-stream.ts'
import { Calls } from '#networks/ssb/wire/calls.ts'
import { FrameReader, STREAM } from '#networks/ssb/wire/frame.ts'
import type { Limits } from '#networks/ssb/wire/limits.ts'
import { Outbox } from '#networks/ssb/wire/outbox.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'
import type { BodySource, CallOptions, Channel, Methods, Rpc } from '#networks/ssb/wire/rpc.ts'
import { ClosedError, ProtocolError, TimeoutError } from '#networks/ssb/wire/rpc-errors.ts'
import type { Secured } from '#networks/ssb/wire/secret-handshake.ts'
import type { Link, Stream } from '#networks/ssb/wire/stream.ts'

export type ConnectionOptions = {
  readonly pipe: Pipe
  readonly secured: Secured
  /** The peer's feed id. */
  readonly peer: string
  readonly clock: Clock
  readonly methods: Methods
  readonly limits: Limits
  readonly address: string
  readonly outgoing: boolean
}

/** Numbers of the peer's streams that ended a short while ago: frames for them are late, not new. */
const REMEMBERED = 256

export class Connection implements Rpc, Link {
  readonly remote: string
  readonly address: string
  readonly outgoing: boolean
  readonly limits: Limits
  readonly outbox: Outbox
  readonly #pipe: Pipe
  readonly #clock: Clock
  readonly #frames: FrameReader
  readonly #calls: Calls
  readonly #answers: Answers
  /** By the request number in frames that we send. */
  readonly #streams = new Map<number, Stream>()
  readonly #late = new Set<number>()
  readonly #full = new Set<Stream>()
  readonly #closed = Promise.withResolvers<Error | undefined>()
  readonly #goodbye = Promise.withResolvers<void>()
  #relief: (() => void) | undefined
  #done = false
  #closing: Promise<void> | undefined
  #received = 0
  #heardAt: number
  #sentAtCheck = 0
  /** When the peer last was seen to take what we send, or had nothing to take. */
  #tookAt: number
  #watch: Timer | undefined

  constructor(options: ConnectionOptions) {
    const { pipe, secured, limits, clock } = options
    const { session } = secured
    this.remote = options.peer
    this.address = options.address
    this.outgoing = options.outgoing
    this.limits = limits
    this.#pipe = pipe
    this.#clock = clock
    this.#heardAt = clock.now()
    this.#tookAt = this.#heardAt
    const sealer = new BoxSealer(session.seal)
    this.outbox = new Outbox(pipe, sealer, limits.backlog, (error) => this.#finish(error))
    this.#frames = new FrameReader(limits.maxBody, (...frame) => this.#dispatch(...frame))
    const opened = (stream: Stream): void => void this.#streams.set(stream.number, stream)
    this.#calls = new Calls({ link: this, clock, opened })
    const { openCalls, refusedCalls } = limits
    this.#answers = new Answers({
      rpc: this,
      methods: options.methods,
      link: this,
      openCalls,
      refusedCalls,
      broken: (error) => this.#finish(error),
      opened,
    })
    this.#check()
    void this.#read(secured.rest, new BoxOpener(session.open))
  }

  get traffic(): { readonly received: number; readonly sent: number } {
    return { received: this.#received, sent: this.outbox.sent }
  }

  get closed(): Promise<Error | undefined> {
    return this.#closed.promise
  }

  call(name: readonly string[], args: readonly Json[], options?: CallOptions): Promise<Json> {
    return this.#calls.call(name, args, options)
  }

  source(name: readonly string[], args: readonly Json[], options?: CallOptions): BodySource {
    const stream = this.#calls.open('source', name, args, options)
    return {
      [Symbol.asyncIterator]: () => stream.source[Symbol.asyncIterator](),
      batches: stream.batches,
    }
  }

  duplex(name: readonly string[], args: readonly Json[], options?: CallOptions): Channel {
    return this.#calls.open('duplex', name, args, options)
  }

  async close(): Promise<void> {
    this.#closing ??= this.#sayGoodbye(
      new ClosedError(`We closed the connection to ${this.address}.`),
    )
    await this.#closing
  }

  full(stream: Stream): void {
    this.#full.add(stream)
  }

  relieved(stream: Stream): void {
    if (this.#full.delete(stream) && this.#full.size === 0) this.#relief?.()
  }

  forget(stream: Stream): void {
    if (!this.#streams.delete(stream.number) || stream.number > 0) return
    this.#late.add(-stream.number)
    if (this.#late.size <= REMEMBERED) return
    for (const oldest of this.#late) {
      this.#late.delete(oldest)
      return
    }
  }

  async #read(source: AsyncIterable<Uint8Array>, opener: BoxOpener): Promise<void> {
    try {
      for await (const chunk of source) {
        this.#received += chunk.length
        const cause = this.#takeChunk(chunk, opener)
        if (cause !== undefined) return this.#finish(cause === 'ended' ? undefined : cause)
        if (this.#full.size > 0) await this.#waitForReaders()
        if (this.#done) return
      }
      this.#finish(new ClosedError(`The connection to ${this.address} broke off.`))
    } catch (error) {
      this.#finish(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /** Handles what a chunk holds; the answer says why there is nothing more to read. */
  #takeChunk(chunk: Uint8Array, opener: BoxOpener): Error | 'ended' | undefined {
    const { pieces, state } = opener.push(chunk)
    if (pieces.length > 0) this.#heardAt = this.#clock.now()
    for (const piece of pieces) {
      const frames = this.#frames.push(piece)
      if (this.#done) return 'ended'
      if (frames === 'goodbye') this.#takeGoodbye()
      else if (frames !== 'open')
        return new ProtocolError(`${this.address} broke the protocol: ${frames.invalid}.`)
    }
    if (state === 'forged')
      return new ProtocolError(`${this.address} sent a box that does not open.`)
    return state === 'ended' ? 'ended' : undefined
  }

  #dispatch(flags: number, number: number, bytes: Uint8Array): void {
    if (this.#done || number === 0) return
    const stream = (flags & STREAM) !== 0
    const open = stream ? this.#streams.get(-number) : undefined
    if (open) return open.receive(flags, bytes)
    if (number < 0) {
      if (!stream) this.#calls.answered(-number, flags, bytes)
      return
    }
    if (this.#closing || (stream && this.#late.has(number))) return
    this.#answers.take(flags, number, bytes)
  }

  #takeGoodbye(): void {
    this.#goodbye.resolve()
    this.#closing ??= this.#sayGoodbye(new ClosedError(`${this.address} closed the connection.`))
  }

  async #sayGoodbye(reason: ClosedError): Promise<void> {
    if (this.#done) return
    this.#stopAll(reason)
    this.outbox.put(0, 0, new Uint8Array(0))
    const patience = Promise.withResolvers<void>()
    const timer = this.#clock.after(this.limits.goodbye, patience.resolve)
    const polite = this.outbox
      .flush()
      .then(() => this.#goodbye.promise)
      .then(() => this.outbox.goodbye())
      .catch(() => {})
    await Promise.race([polite, patience.promise, this.#closed.promise])
    timer.cancel()
    this.#finish()
  }

  #stopAll(reason: Error): void {
    this.#calls.stop(reason)
    this.#answers.stop(reason)
    for (const stream of this.#streams.values()) stream.stop(reason)
  }

  /** Closes everything now; `cause` when it broke. What breaks after a goodbye of either side does not count. */
  #finish(cause?: Error): void {
    if (this.#done) return
    this.#done = true
    const reason = cause ?? new ClosedError(`${this.address} closed the connection.`)
    this.#watch?.cancel()
    this.outbox.close(reason)
    this.#stopAll(reason)
    this.#relief?.()
    this.#pipe.destroy()
    this.#closed.resolve(this.#closing ? undefined : cause)
  }

  /** Waits until no queue is full. A reader that takes nothing for long loses its stream. */
  async #waitForReaders(): Promise<void> {
    while (this.#full.size > 0 && !this.#done) {
      const relief = Promise.withResolvers<void>()
      this.#relief = relief.resolve
      const timer = this.#clock.after(this.limits.stall, () => {
        for (const stream of this.#full) {
          stream.cancel(new TimeoutError('Nobody read the stream for too long.'))
        }
      })
      await relief.promise
      timer.cancel()
    }
    this.#heardAt = this.#clock.now()
  }

  /** Looks now and then whether the peer still sends, and still reads. */
  #check(): void {
    const { inactivity } = this.limits
    const now = this.#clock.now()
    const { sent, stuck } = this.outbox
    if (!stuck || sent !== this.#sentAtCheck) this.#tookAt = now
    this.#sentAtCheck = sent
    const silent = this.#full.size > 0 ? 0 : now - this.#heardAt
    const unread = now - this.#tookAt
    if (Math.max(silent, unread) >= inactivity) {
      const what = silent >= inactivity ? 'is silent' : 'reads nothing'
      this.#finish(new TimeoutError(`${this.address} ${what} since ${inactivity / 1000} s.`))
      return
    }
    this.#watch = this.#clock.after(inactivity - Math.max(silent, unread), () => this.#check())
  }
}
