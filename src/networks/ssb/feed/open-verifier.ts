/** Signature checks on worker threads; on this thread, in short turns, where there are none. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Check } from '#networks/ssb/feed/packed-batch.ts'
import { hasValidSignature, HmacKeyError } from '#networks/ssb/feed/signature.ts'
import { type Chunk, VerifyThread } from '#networks/ssb/feed/verify-thread.ts'
import type { Verifier } from '#networks/ssb/feed/verifier.ts'

/** More signatures are waiting than the verifier holds: wait for earlier batches before giving more. */
export class VerifierFullError extends Error {
  override name = 'VerifierFullError'
}

/** The verifier was closed while or before the batch was checked. */
export class VerifierClosedError extends Error {
  override name = 'VerifierClosedError'
}

/** How a verifier is made. */
export type VerifierOptions = {
  /** Worker threads; 0 checks on the calling thread. */
  readonly threads: number
  /** 32 bytes, on networks that sign the HMAC of a message. */
  readonly hmacKey?: Uint8Array
  /** Most messages that may wait; 65,536. */
  readonly limit?: number
}

/** Messages that cross to a thread at once: about 16 ms of work. Waking a thread costs as much as some ten checks. */
const CHUNK = 256
/** Messages that the calling thread checks before it lets others run. */
const TURN = 16
/** Threads that a chunk may take with it before it is checked on the calling thread. */
const MAX_DEATHS = 2
/** Chunks a thread has before it: one in work, one so that it never idles. */
const DEPTH = 2

/**
 * Opens a verifier; its threads start with the first batch and keep the process alive only while they have work.
 *
 * @throws HmacKeyError
 */
export function openVerifier(options: VerifierOptions): ThreadedVerifier {
  if (options.hmacKey !== undefined && options.hmacKey.length !== 32) throw new HmacKeyError()
  return new ThreadedVerifier(options)
}

/** See `openVerifier`. */
export class ThreadedVerifier implements Verifier {
  readonly #hmacKey: Uint8Array | undefined
  readonly #limit: number
  readonly #urgent: Chunk[] = []
  readonly #waiting: Chunk[] = []
  readonly #threads: readonly VerifyThread[]
  #pending = 0
  #closed = false
  #here: Promise<void> | undefined

  constructor({ threads, hmacKey, limit = 65_536 }: VerifierOptions) {
    this.#hmacKey = hmacKey
    this.#limit = limit
    const events = {
      free: () => this.#dispatch(),
      died: (chunks: readonly Chunk[]) => this.#again(chunks),
    }
    this.#threads = Array.from({ length: threads }, () => new VerifyThread(hmacKey, events))
  }

  /** Messages that are not answered yet. */
  get pending(): number {
    return this.#pending
  }

  async verify(
    batch: Parameters<Verifier['verify']>[0],
    authors: readonly Uint8Array[],
    options: { readonly urgent?: boolean } = {},
  ): Promise<readonly boolean[]> {
    if (this.#closed) throw new VerifierClosedError('the verifier is closed')
    if (this.#pending + batch.length > this.#limit) {
      throw new VerifierFullError(`${this.#pending} signatures are already waiting`)
    }
    const flags = new Array<boolean>(batch.length).fill(false)
    const checks = checksOf(batch, authors)
    const queue = options.urgent === true ? this.#urgent : this.#waiting
    const parts: Promise<void>[] = []
    for (let start = 0; start < checks.length; start += CHUNK) {
      parts.push(this.#enqueue(queue, checks.slice(start, start + CHUNK), flags))
    }
    this.#dispatch()
    await Promise.all(parts)
    return flags
  }

  /** Ends the threads as a crash would: they start again with the work that they had. */
  async stopThreads(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true
    const error = new VerifierClosedError('the verifier was closed')
    for (const chunk of [...this.#urgent.splice(0), ...this.#waiting.splice(0)]) chunk.failed(error)
    await Promise.all(this.#threads.map((thread) => thread.close(error)))
    await this.#here
  }

  #enqueue(queue: Chunk[], checks: readonly PlacedCheck[], flags: boolean[]): Promise<void> {
    this.#pending += checks.length
    return new Promise((resolve, reject) => {
      const done = (good: ArrayLike<number>): void => {
        this.#pending -= checks.length
        for (const [index, { place }] of checks.entries()) flags[place] = good[index] === 1
        resolve()
      }
      const failed = (error: Error): void => {
        this.#pending -= checks.length
        reject(error)
      }
      queue.push({ checks, done, failed, deaths: 0 })
    })
  }

  #dispatch(): void {
    if (this.#closed) return
    for (const thread of this.#threads) if (thread.usable) thread.open()
    const usable = this.#threads.filter((thread) => thread.usable)
    if (usable.length === 0) {
      this.#here ??= this.#runHere()
      return
    }
    for (let depth = 0; depth < DEPTH; depth++) {
      for (const thread of usable) {
        if (!thread.ready || thread.load > depth) continue
        const chunk = this.#urgent.shift() ?? this.#waiting.shift()
        if (chunk === undefined) return
        thread.run(chunk)
      }
    }
  }

  /** Takes back what a dead thread did not answer; what killed two threads is checked here. */
  #again(chunks: readonly Chunk[]): void {
    const first = chunks[0]
    if (first !== undefined && ++first.deaths === MAX_DEATHS) {
      this.#urgent.unshift(...chunks.slice(1))
      first.done(first.checks.map((check) => (this.#isGood(check) ? 1 : 0)))
    } else {
      this.#urgent.unshift(...chunks)
    }
    this.#dispatch()
  }

  async #runHere(): Promise<void> {
    for (;;) {
      // Also yields before the first turn, so that `verify` never does its work within the call.
      await turn()
      const chunk = this.#urgent.shift() ?? this.#waiting.shift()
      if (chunk === undefined) break
      const flags: number[] = []
      for (const [index, check] of chunk.checks.entries()) {
        if (index > 0 && index % TURN === 0) await turn()
        flags.push(this.#isGood(check) ? 1 : 0)
      }
      chunk.done(flags)
    }
    this.#here = undefined
  }

  #isGood({ message, author }: Check): boolean {
    return hasValidSignature(message, author, this.#hmacKey)
  }
}

type PlacedCheck = Check & { readonly place: number }

/** Pairs messages with authors; what has a wrong length is left out, its flag stays false. */
function checksOf(
  batch: Parameters<Verifier['verify']>[0],
  authors: readonly Uint8Array[],
): PlacedCheck[] {
  const checks: PlacedCheck[] = []
  for (const [place, message] of batch.entries()) {
    const author = authors[place]
    if (author?.length === 32 && message.signature.length === 64) {
      checks.push({ message, author, place })
    }
  }
  return checks
}
