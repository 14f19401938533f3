/**
 * Outgoing frames of one connection: gathered, sealed together and written in few large pieces.
 *
 * Back-pressure: whoever produces much awaits `ready`. Answers do not wait (waiting while the peer waits for us would be a
 * deadlock), so a peer that asks and never reads runs into the hard limit instead.
 */
import type { BoxSealer } from '#networks/ssb/wire/box-stream.ts'
import { HEADER, writeHeader } from '#networks/ssb/wire/frame.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'
import { ProtocolError } from '#networks/ssb/wire/rpc-errors.ts'

/** Plain bytes from which producers wait. */
const HIGH_WATER = 64 * 1024
const READY = Promise.resolve()

export class Outbox {
  readonly #pipe: Pipe
  readonly #sealer: BoxSealer
  readonly #limit: number
  readonly #broken: (error: Error) => void
  #buffer = Buffer.allocUnsafe(4096)
  #length = 0
  #scheduled = false
  #writing: Promise<void> | undefined
  #waiting: PromiseWithResolvers<void> | undefined
  #closed: Error | undefined
  /** Sealed bytes given to the pipe. */
  sent = 0

  /** `limit`: plain bytes that may pile up; `broken` hears (once or more) that nothing can be written any more. */
  constructor(pipe: Pipe, sealer: BoxSealer, limit: number, broken: (error: Error) => void) {
    this.#pipe = pipe
    this.#sealer = sealer
    this.#limit = limit
    this.#broken = broken
  }

  /** True while the pipe has not taken what it was given. */
  get stuck(): boolean {
    return this.#writing !== undefined
  }

  /** Adds a frame. `bytes` is copied. */
  put(flags: number, request: number, bytes: Uint8Array): void {
    if (this.#closed) return
    const end = this.#length + HEADER + bytes.length
    if (end > this.#limit + bytes.length) {
      this.#broken(new ProtocolError('The peer asks for more than it reads.'))
      return
    }
    if (end > this.#buffer.length) this.#grow(end)
    writeHeader(this.#buffer, this.#length, flags, bytes.length, request)
    this.#buffer.set(bytes, this.#length + HEADER)
    this.#length = end
    if (this.#writing) return
    if (end >= HIGH_WATER) this.#start()
    else this.#schedule()
  }

  /** Resolves when more may be put. @throws the reason when the connection is closed */
  ready(): Promise<void> {
    if (this.#closed) return rejected(this.#closed)
    if (this.#length < HIGH_WATER) return READY
    this.#waiting ??= handled(Promise.withResolvers<void>())
    return this.#waiting.promise
  }

  /** Resolves when everything put so far was taken by the pipe, or the connection is closed. */
  async flush(): Promise<void> {
    while (!this.#closed && (this.#length > 0 || this.#writing)) {
      if (!this.#writing) this.#start()
      await this.#writing
    }
  }

  /** Writes the box stream's goodbye and ends the pipe. */
  async goodbye(): Promise<void> {
    await this.flush()
    if (this.#closed) return
    await this.#pipe.write(this.#sealer.goodbye())
    await this.#pipe.end()
  }

  /** Drops what was not written; waiting producers are told why. */
  close(reason: Error): void {
    if (this.#closed) return
    this.#closed = reason
    this.#length = 0
    this.#buffer = Buffer.alloc(0)
    this.#waiting?.reject(reason)
    this.#waiting = undefined
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = larger
  }

  /** After the I/O of this turn, so that everything written in it travels together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (!this.#writing && this.#length > 0) this.#start()
    })
  }

  #start(): void {
    this.#writing = this.#drain()
      .catch((error: unknown) => {
        this.#broken(error instanceof Error ? error : new Error(String(error)))
      })
      .finally(() => {
        this.#writing = undefined
        if (this.#length > 0 && !this.#closed) this.#start()
      })
  }

  async #drain(): Promise<void> {
    while (this.#length > 0 && !this.#closed) {
      const sealed = this.#sealer.seal(this.#buffer.subarray(0, this.#length))
      this.#length = 0
      if (this.#buffer.length > 4 * HIGH_WATER) this.#buffer = Buffer.allocUnsafe(HIGH_WATER)
      this.sent += sealed.length
      this.#waiting?.resolve()
      this.#waiting = undefined
      await this.#pipe.write(sealed)
      // A pipe that takes everything at once would otherwise let one long stream starve all reading.
      if (sealed.length >= HIGH_WATER) await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** A rejection that harms nobody who does not look at it. */
export function rejected(error: Error): Promise<never> {
  const promise = Promise.reject(error)
  promise.catch(() => {})
  return promise
}

function handled<T>(deferred: PromiseWithResolvers<T>): PromiseWithResolvers<T> {
  deferred.promise.catch(() => {})
  return deferred
}
