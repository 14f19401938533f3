/** One worker thread of the verifier: hands it chunks, starts it again when it dies. */
import { Worker } from 'node:worker_threads'
import { packBatch, type Check } from '#networks/ssb/feed/packed-batch.ts'
import type { VerifyAnswer, VerifyJob } from '#networks/ssb/feed/verify-worker.ts'

/** Messages that cross to a thread together, and who waits for them. */
export type Chunk = {
  readonly checks: readonly Check[]
  readonly done: (flags: ArrayLike<number>) => void
  readonly failed: (error: Error) => void
  /** Threads that died with this chunk as their current one. */
  deaths: number
}

/** What a thread tells its owner. */
export type ThreadEvents = {
  /** It takes more work. */
  readonly free: () => void
  /** It died; these chunks were not answered, the first of them was its current one. */
  readonly died: (unanswered: readonly Chunk[]) => void
}

/** Deaths without an answer between them after which a thread is given up. */
const MAX_DEATHS = 3
/** The id of a worker's first message. */
const READY = -1
// Measured: below this V8 cannot load the modules.
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 }

/** A worker thread that checks signatures. */
export class VerifyThread {
  readonly #hmacKey: Uint8Array | undefined
  readonly #events: ThreadEvents
  readonly #current = new Map<number, Chunk>()
  #worker: Worker | undefined
  #ready = false
  #next = 0
  #deaths = 0

  constructor(hmacKey: Uint8Array | undefined, events: ThreadEvents) {
    this.#hmacKey = hmacKey
    this.#events = events
  }

  /** Chunks that it has and did not answer. */
  get load(): number {
    return this.#current.size
  }

  /** False once it died too often to be tried again. */
  get usable(): boolean {
    return this.#deaths < MAX_DEATHS
  }

  /** True once it runs: until then work would only wait for it that others can do. */
  get ready(): boolean {
    return this.#ready && this.#worker !== undefined
  }

  /** Starts it unless it runs; it tells when it is ready. Keeps the process alive until then. */
  open(): void {
    try {
      this.#worker ??= this.#start()
    } catch {
      // The machine gives no more threads: not tried again.
      this.#deaths = MAX_DEATHS
    }
  }

  /** Gives it a chunk; it must be ready. */
  run(chunk: Chunk): void {
    const worker = this.#worker
    if (worker === undefined) return this.#events.died([chunk])
    if (this.#current.size === 0) worker.ref()
    const id = this.#next++
    this.#current.set(id, chunk)
    const packed = packBatch(chunk.checks)
    const job: VerifyJob =
      this.#hmacKey === undefined ? { id, packed } : { id, packed, hmacKey: this.#hmacKey }
    worker.postMessage(job, [packed])
  }

  /** Ends it as a crash would. */
  async stop(): Promise<void> {
    await this.#worker?.terminate()
  }

  /** Ends it; what it did not answer fails with `error`. */
  async close(error: Error): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    for (const chunk of this.#take()) chunk.failed(error)
    await worker?.terminate()
  }

  #start(): Worker {
    this.#ready = false
    const worker = new Worker(new URL('./verify-worker.ts', import.meta.url), {
      name: 'ssb-verify',
      resourceLimits: LIMITS,
    })
    worker.on('message', (answer: VerifyAnswer) => this.#answer(worker, answer))
    // The exit that follows an error is what counts.
    worker.on('error', () => undefined)
    worker.on('exit', () => this.#exit(worker))
    return worker
  }

  #answer(worker: Worker, { id, flags }: VerifyAnswer): void {
    if (worker !== this.#worker) return
    if (id === READY) this.#ready = true
    else this.#deaths = 0
    const chunk = this.#current.get(id)
    this.#current.delete(id)
    if (this.#current.size === 0) worker.unref()
    chunk?.done(flags)
    this.#events.free()
  }

  #exit(worker: Worker): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#deaths++
    this.#events.died(this.#take())
  }

  #take(): Chunk[] {
    const chunks = [...this.#current.values()]
    this.#current.clear()
    return chunks
  }
}
