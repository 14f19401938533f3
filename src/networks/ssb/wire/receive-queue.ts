/**
 * Bodies of one stream that wait for their reader.
 *
 * muxrpc has no credit per stream: when a queue is `full` the connection stops reading until `relieved`.
 */
import type { Body } from '#networks/ssb/wire/rpc.ts'

/** What a waiting body costs beside its bytes. */
const OVERHEAD = 128

type Result<T> = IteratorResult<T, undefined>

export class ReceiveQueue {
  readonly #limit: number
  readonly #relieved: () => void
  readonly #left: () => void
  #items: Body[] = []
  #cost = 0
  #ended = false
  #error: Error | undefined
  #wake: (() => void) | undefined
  #taken = false

  /**
   * `limit` in bytes; `relieved` hears that the queue is no longer full; `left` that the reader went away before the end.
   */
  constructor(limit: number, relieved: () => void, left: () => void) {
    this.#limit = limit
    this.#relieved = relieved
    this.#left = left
  }

  get full(): boolean {
    return this.#cost > this.#limit && !this.#ended
  }

  get ended(): boolean {
    return this.#ended
  }

  push(body: Body): void {
    if (this.#ended) return
    this.#items.push(body)
    this.#cost += body.bytes.length + OVERHEAD
    this.#notify()
  }

  /** Nothing follows. The reader gets what waits, then the end or the error. */
  end(error?: Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#error = error
    this.#notify()
    this.#relieved()
  }

  /** Drops what waits; the reader hears the error at once. */
  abort(error: Error): void {
    this.#clear()
    if (this.#ended) return
    this.end(error)
  }

  /** Everything that waits, one array at a time. */
  batches(): AsyncIterable<readonly Body[]> {
    return this.#iterable(async () => {
      while (this.#items.length === 0) {
        if (this.#ended) return this.#finish<readonly Body[]>()
        await new Promise<void>((resolve) => (this.#wake = resolve))
      }
      return { done: false, value: this.#clear() }
    })
  }

  /** One body at a time. */
  bodies(): AsyncIterable<Body> {
    let batch: readonly Body[] = []
    let at = 0
    return this.#iterable(async () => {
      for (;;) {
        const body = batch[at++]
        if (body) return { done: false, value: body }
        while (this.#items.length === 0) {
          if (this.#ended) return this.#finish<Body>()
          await new Promise<void>((resolve) => (this.#wake = resolve))
        }
        batch = this.#clear()
        at = 0
      }
    })
  }

  #iterable<T>(next: () => Promise<Result<T>>): AsyncIterable<T> {
    return {
      [Symbol.asyncIterator]: () => {
        if (this.#taken) throw new Error('a stream of bodies is iterated once')
        this.#taken = true
        return {
          next,
          return: async () => {
            this.#leave()
            return { done: true, value: undefined }
          },
        }
      },
    }
  }

  #leave(): void {
    if (this.#ended) return
    this.#ended = true
    this.#clear()
    this.#relieved()
    this.#left()
  }

  #finish<T>(): Result<T> {
    const error = this.#error
    this.#error = undefined
    if (error) throw error
    return { done: true, value: undefined }
  }

  #clear(): Body[] {
    const items = this.#items
    const wasFull = this.full
    this.#items = []
    this.#cost = 0
    if (wasFull) this.#relieved()
    return items
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
