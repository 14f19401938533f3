/** One connected peer as the exchange of blobs sees it: what it has, what it asked for, what we still have to tell it. */
import type { Body, Rpc } from '#networks/ssb/wire/rpc.ts'
import { jsonBody } from '#networks/ssb/wire/rpc.ts'

/** Bounds for one peer. */
export const PEER_LIMITS = {
  /** Ids that it may have told us it has, asked for, or is still to be told of. */
  ids: 5000,
  /** Wants that we pass on for it. */
  relayed: 100,
  /** Downloads from it at a time. */
  downloads: 4,
  /** Downloads that may fail by its fault before it is not asked any more. */
  strikes: 10,
}

/** Ids in one body of a want stream. */
const PER_BODY = 500

export class BlobPeer {
  readonly rpc: Rpc
  /** Size by id of blobs that we want and it says it has. */
  readonly has = new Map<string, number>()
  /** Blobs that it waits for. */
  readonly asked = new Set<string>()
  /** Wants that are passed on because of it. */
  readonly relayed = new Set<string>()
  downloads = 0
  strikes = 0
  readonly #news = new Map<string, number>()
  #wake: (() => void) | undefined
  #stream = 0

  constructor(rpc: Rpc) {
    this.rpc = rpc
  }

  get trusted(): boolean {
    return this.strikes < PEER_LIMITS.strikes
  }

  /** Remembers that it has a blob. */
  noteHas(id: string, size: number): void {
    if (this.has.size < PEER_LIMITS.ids) this.has.set(id, size)
  }

  /** Remembers that it waits for a blob. */
  noteAsked(id: string): void {
    if (this.asked.size < PEER_LIMITS.ids) this.asked.add(id)
  }

  /** Tells it `size` of a blob that is here, or the hops (-1, -2…) of a want. Later news of an id replace earlier ones. */
  tell(id: string, value: number): void {
    this.#news.delete(id)
    this.#news.set(id, value)
    if (this.#news.size > PEER_LIMITS.ids) this.#news.delete(this.#news.keys().next().value ?? id)
    this.#wake?.()
  }

  /** What `blobs.createWants` answers: all wants at once (an empty object when there are none), then news as they come. */
  async *wants(
    all: Iterable<readonly [string, number]>,
    signal: AbortSignal,
  ): AsyncGenerator<Body> {
    const stream = ++this.#stream
    for (const [id, hops] of all) this.tell(id, hops)
    const stop = (): void => this.#wake?.()
    signal.addEventListener('abort', stop)
    try {
      yield this.#take()
      while (!signal.aborted && stream === this.#stream) {
        if (this.#news.size > 0) yield this.#take()
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
    } finally {
      signal.removeEventListener('abort', stop)
    }
  }

  #take(): Body {
    const some = [...this.#news.entries().take(PER_BODY)]
    for (const [id] of some) this.#news.delete(id)
    return jsonBody(Object.fromEntries(some))
  }
}
