/**
 * Fetches wanted blobs from peers that said they have them: one download of a blob at a time, the next peer when one fails.
 *
 * Whatever a peer sends is checked against the blob's own hash while it streams; lies cost the peer a strike.
 */
import type { Clock, Timer } from '#base/clock.ts'
import type { Blobs } from '#network/host.ts'
import { PEER_LIMITS, type BlobPeer } from '#networks/ssb/blobs/blob-peer.ts'
import { bytesOf } from '#networks/ssb/refs.ts'
import type { Body } from '#networks/ssb/wire/rpc.ts'
import { ProtocolError, TimeoutError } from '#networks/ssb/wire/rpc-errors.ts'

export type DownloadOptions = {
  readonly blobs: Blobs
  readonly clock: Clock
  /** Biggest blob that is fetched, in bytes. */
  readonly maximum: number
  readonly peers: () => Iterable<BlobPeer>
  readonly wanted: (id: string) => boolean
  /** A blob is stored. */
  readonly arrived: (id: string, size: number) => Promise<void>
}

/** Counters for people who look closer. */
export type DownloadCounters = { fetched: number; failed: number; lies: number }

const AT_ONCE = 8
/** Milliseconds without a byte, and in all. */
const SILENCE = 30_000
const PATIENCE = 600_000
/** Milliseconds until a blob is tried again that could not be stored here. */
const AFTER_TROUBLE = 60_000

type Outcome = { readonly size: number } | 'failed' | 'lie' | 'trouble'

export class Downloads {
  readonly counters: DownloadCounters = { fetched: 0, failed: 0, lies: 0 }
  readonly #options: DownloadOptions
  readonly #running = new Map<string, Promise<void>>()
  /** Ids to look at when there is room. */
  readonly #ready = new Set<string>()
  readonly #timers = new Set<Timer>()
  readonly #closing = new AbortController()

  constructor(options: DownloadOptions) {
    this.#options = options
  }

  /** Looks whether a blob can be fetched now; harmless when it is not wanted or nobody has it. */
  consider(id: string): void {
    this.#ready.add(id)
    this.#pump()
  }

  /** Stops everything; resolves when nothing runs. */
  async close(): Promise<void> {
    this.#closing.abort(new ProtocolError('The node is stopping.'))
    this.#ready.clear()
    for (const timer of this.#timers) timer.cancel()
    await Promise.allSettled(this.#running.values())
  }

  #pump(): void {
    for (const id of this.#ready) {
      if (this.#running.size >= AT_ONCE || this.#closing.signal.aborted) return
      const peers = this.#running.has(id) || !this.#options.wanted(id) ? [] : this.#holders(id)
      const peer = peers.find(({ downloads }) => downloads < PEER_LIMITS.downloads)
      if (peers.length > 0 && !peer) continue
      this.#ready.delete(id)
      if (peer) this.#running.set(id, this.#run(id, peer))
    }
  }

  /** Peers that have the blob, the least busy first. */
  #holders(id: string): readonly BlobPeer[] {
    const holders = [...this.#options.peers()].filter((peer) => peer.trusted && peer.has.has(id))
    return holders.sort((a, b) => a.downloads - b.downloads || a.strikes - b.strikes)
  }

  async #run(id: string, peer: BlobPeer): Promise<void> {
    const announced = peer.has.get(id) ?? this.#options.maximum
    peer.downloads++
    const outcome = await this.#fetch(id, peer, announced)
    peer.downloads--
    peer.has.delete(id)
    this.#running.delete(id)
    if (typeof outcome === 'object') {
      this.counters.fetched++
      await this.#options.arrived(id, outcome.size)
    } else if (outcome === 'trouble') {
      peer.noteHas(id, announced)
      this.#later(id)
    } else {
      this.counters.failed++
      if (outcome === 'lie') this.counters.lies++
      peer.strikes++
      this.#ready.add(id)
    }
    this.#pump()
  }

  async #fetch(id: string, peer: BlobPeer, announced: number): Promise<Outcome> {
    const { blobs, clock, maximum } = this.#options
    const limit = Math.min(maximum, announced)
    const stop = new AbortController()
    const timer = clock.after(PATIENCE, () =>
      stop.abort(new TimeoutError('The blob took too long.')),
    )
    const signal = AbortSignal.any([stop.signal, this.#closing.signal])
    const options = { signal, timeout: SILENCE }
    let broken = false
    const source = peer.rpc.source(['blobs', 'get'], [{ key: id, max: maximum }], options)
    const watched = plain(source, () => (broken = true))
    try {
      return await blobs.put(watched, { expected: bytesOf(id), limit })
    } catch (error) {
      if (broken) return this.#closing.signal.aborted ? 'trouble' : 'failed'
      return isOurs(error) ? 'trouble' : 'lie'
    } finally {
      timer.cancel()
    }
  }

  #later(id: string): void {
    if (this.#closing.signal.aborted) return
    const timer = this.#options.clock.after(AFTER_TROUBLE, () => {
      this.#timers.delete(timer)
      this.consider(id)
    })
    this.#timers.add(timer)
  }
}

/** True when the store cannot be written (read-only, full): not the peer's fault. */
function isOurs(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NotWritableError' || 'code' in error)
}

/** The bytes of a source; `broken` hears when it is the source that fails. */
async function* plain(source: AsyncIterable<Body>, broken: () => void): AsyncGenerator<Uint8Array> {
  try {
    for await (const { type, bytes } of source) {
      if (type !== 'bytes') throw new ProtocolError('A blob came as text.')
      yield bytes
    }
  } catch (error) {
    broken()
    throw error
  }
}
