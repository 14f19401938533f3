/** The calls that we make of a peer. */
import type { Clock, Timer } from '#base/clock.ts'
import type { Json } from '#base/json.ts'
import { END, STREAM, typeBits, typeOf } from '#networks/ssb/wire/frame.ts'
import type { CallOptions } from '#networks/ssb/wire/rpc.ts'
import {
  ClosedError,
  parse,
  RemoteError,
  remoteError,
  TimeoutError,
} from '#networks/ssb/wire/rpc-errors.ts'
import { Stream, type Link } from '#networks/ssb/wire/stream.ts'

export type CallsOptions = {
  readonly link: Link
  readonly clock: Clock
  /** A stream of ours begins. */
  readonly opened: (stream: Stream) => void
}

type Waiting = {
  readonly resolve: (value: Json) => void
  readonly reject: (error: unknown) => void
}

const LAST_NUMBER = 0x7fff_ffff

export class Calls {
  readonly #options: CallsOptions
  readonly #waiting = new Map<number, Waiting>()
  #number = 0
  #stopped: Error | undefined

  constructor(options: CallsOptions) {
    this.#options = options
  }

  /** Asks and waits for the answer. */
  call(name: readonly string[], args: readonly Json[], options: CallOptions = {}): Promise<Json> {
    const { signal, timeout } = options
    return new Promise((resolve, reject) => {
      if (this.#stopped) return reject(this.#stopped)
      if (signal?.aborted) return reject(signal.reason)
      const number = this.#next()
      const abort = (): void => settle(() => reject(signal?.reason))
      const timer =
        timeout === undefined
          ? undefined
          : this.#options.clock.after(timeout, () => settle(() => reject(late(name, timeout))))
      const settle = (act: () => void): void => {
        this.#waiting.delete(number)
        timer?.cancel()
        signal?.removeEventListener('abort', abort)
        act()
      }
      signal?.addEventListener('abort', abort, { once: true })
      this.#waiting.set(number, {
        resolve: (value) => settle(() => resolve(value)),
        reject: (error) => settle(() => reject(error)),
      })
      this.#send(0, number, { name, args, type: 'async' })
    })
  }

  /** Begins a stream. On a closed connection it fails as soon as it is read or written. */
  open(
    type: 'source' | 'duplex',
    name: readonly string[],
    args: readonly Json[],
    { signal, timeout }: CallOptions = {},
  ): Stream {
    const number = this.#next()
    const abort = (): void => stream.cancel(asError(signal?.reason))
    let silence: Timer | undefined
    const stream = new Stream(this.#options.link, {
      number,
      oneWay: type === 'source',
      reads: true,
      gone: () => {
        silence?.cancel()
        signal?.removeEventListener('abort', abort)
      },
    })
    const refused = this.#stopped ?? (signal?.aborted ? asError(signal.reason) : undefined)
    if (refused) {
      stream.stop(refused)
      return stream
    }
    this.#options.opened(stream)
    this.#send(STREAM, number, { name, args, type })
    signal?.addEventListener('abort', abort, { once: true })
    if (timeout !== undefined) {
      const watch = (heard: number): void => {
        silence = this.#options.clock.after(timeout, () => {
          if (stream.heard === heard) stream.cancel(late(name, timeout))
          else watch(stream.heard)
        })
      }
      watch(0)
    }
    return stream
  }

  /** Takes the answer to one of our calls; answers to nothing are ignored. */
  answered(number: number, flags: number, bytes: Uint8Array): void {
    const waiting = this.#waiting.get(number)
    const type = typeOf(flags) ?? 'bytes'
    if (!waiting) return
    if ((flags & END) !== 0) return waiting.reject(remoteError(bytes, type))
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()
    const value = type === 'json' ? parse(text) : type === 'text' ? text : undefined
    if (value === undefined) waiting.reject(new RemoteError('the answer is no JSON'))
    else waiting.resolve(value)
  }

  /** Fails what waits, and every later call. */
  stop(reason: Error): void {
    this.#stopped ??= reason
    for (const waiting of this.#waiting.values()) waiting.reject(reason)
  }

  #send(stream: number, number: number, request: Json): void {
    const bytes = Buffer.from(JSON.stringify(request))
    this.#options.link.outbox.put(stream | typeBits('json'), number, bytes)
  }

  #next(): number {
    this.#number = this.#number === LAST_NUMBER ? 1 : this.#number + 1
    return this.#number
  }
}

function late(name: readonly string[], timeout: number): TimeoutError {
  return new TimeoutError(`The peer did not answer ${name.join('.')} within ${timeout / 1000} s.`)
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new ClosedError(String(reason))
}
