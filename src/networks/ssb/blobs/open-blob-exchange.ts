/**
 * The exchange of blobs: peers tell each other what they want and what they have, and fetch it.
 *
 * ssbc/ssb-blobs, README; Scuttlebutt Protocol Guide, "Blobs".
 */
import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { isObject } from '#base/json.ts'
import type { Host } from '#network/host.ts'
import { Announcements } from '#networks/ssb/blobs/announcements.ts'
import { BlobPeer, PEER_LIMITS } from '#networks/ssb/blobs/blob-peer.ts'
import { Downloads } from '#networks/ssb/blobs/downloads.ts'
import { EMPTY_BLOB, serveBlobs } from '#networks/ssb/blobs/serve-blobs.ts'
import { WantTable, type Want } from '#networks/ssb/blobs/want-table.ts'
import { bytesOf, isBlobId } from '#networks/ssb/refs.ts'
import type { Body, Methods, Rpc } from '#networks/ssb/wire/rpc.ts'
import { parse } from '#networks/ssb/wire/rpc-errors.ts'

export type BlobExchangeOptions = {
  readonly host: Pick<Host, 'blobs' | 'state'>
  readonly clock: Clock
  /** Biggest blob that is fetched, in bytes; 5 MiB by default. */
  readonly maximum?: number
  /** How far wants of others are passed on: up to so many hops; 3 by default, 0 for never. */
  readonly sympathy?: number
  /** May blobs be fetched because this peer (a feed id) asks for them? Nobody's, by default. */
  readonly mayRelay?: (peer: string) => boolean
  /** Which peers may ask us anything; everybody by default. */
  readonly allow?: (peer: string) => boolean
  /** A wanted blob is here. */
  readonly arrived?: (id: string, size: number) => void
}

export interface BlobExchange extends AsyncDisposable {
  readonly methods: Methods
  /** Takes part with a peer until its connection closes. */
  attach(rpc: Rpc): void
  /**
   * Wants a blob until it is here, over restarts too; resolves then. Aborting ends the waiting, not the want.
   *
   * @throws BlobIdError, TooManyWantsError, UnwantedError, ExchangeClosedError, or the signal's reason
   */
  want(id: string, options?: { readonly signal?: AbortSignal }): Promise<void>
  /** Gives up a want of ours. */
  unwant(id: string): Promise<void>
  wants(): readonly Want[]
  /** Says that a blob was stored here by somebody else: peers that asked for it are told. */
  added(id: string): Promise<void>
  readonly counters: Readonly<
    Record<'fetched' | 'failed' | 'lies' | 'servedBytes' | 'notRelayed', number>
  >
}

export class BlobIdError extends MetaLifeError {
  override name = 'BlobIdError'
}

export class TooManyWantsError extends MetaLifeError {
  override name = 'TooManyWantsError'
}

/** Somebody gave the want up. */
export class UnwantedError extends MetaLifeError {
  override name = 'UnwantedError'
}

/** The node stops before the blob came; it is still wanted after the next start. */
export class ExchangeClosedError extends MetaLifeError {
  override name = 'ExchangeClosedError'
}

const MAX_OWN_WANTS = 20_000
const MAXIMUM = 5 * 1024 * 1024

/** Opens the exchange with the wants that were kept. */
export async function openBlobExchange(options: BlobExchangeOptions): Promise<BlobExchange> {
  return new Exchange(options, await WantTable.open(options.host.state))
}

class Exchange implements BlobExchange {
  readonly methods: Methods
  readonly #options: BlobExchangeOptions
  readonly #wants: WantTable
  readonly #downloads: Downloads
  readonly #announcements = new Announcements()
  readonly #peers = new Map<Rpc, BlobPeer>()
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>()
  readonly #closing = new AbortController()
  #servedBytes = 0
  #notRelayed = 0

  constructor(options: BlobExchangeOptions, wants: WantTable) {
    this.#options = options
    this.#wants = wants
    const { host, clock, maximum = MAXIMUM, allow = () => true } = options
    this.#downloads = new Downloads({
      blobs: host.blobs,
      clock,
      maximum,
      peers: () => this.#peers.values(),
      wanted: (id) => wants.hops(id) !== undefined,
      arrived: (id, size) => this.#arrived(id, size),
    })
    this.methods = {
      ...serveBlobs({
        blobs: host.blobs,
        allow,
        changes: (signal) => this.#announcements.listen(signal),
        served: (bytes) => void (this.#servedBytes += bytes),
      }),
      'blobs.createWants': {
        type: 'source',
        allow,
        handle: (_args, { rpc, signal }) => this.#peerOf(rpc).wants(wants.all(), signal),
      },
    }
  }

  get counters(): BlobExchange['counters'] {
    const { counters } = this.#downloads
    return { ...counters, servedBytes: this.#servedBytes, notRelayed: this.#notRelayed }
  }

  attach(rpc: Rpc): void {
    void this.#listen(this.#peerOf(rpc))
  }

  async want(id: string, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    if (!isBlobId(id)) throw new BlobIdError('That is no blob id (`&….sha256`).')
    this.#closing.signal.throwIfAborted()
    signal?.throwIfAborted()
    const { blobs } = this.#options.host
    if (id === EMPTY_BLOB) return void (await blobs.put(nothing(), { expected: bytesOf(id) }))
    if (await blobs.has(bytesOf(id))) return
    if (this.#wants.ownCount >= MAX_OWN_WANTS && this.#wants.hops(id) !== -1) {
      throw new TooManyWantsError(`${MAX_OWN_WANTS} blobs are wanted already; give some up first.`)
    }
    const waiting = this.#waiting.get(id) ?? Promise.withResolvers<void>()
    waiting.promise.catch(() => {})
    this.#waiting.set(id, waiting)
    if (await this.#wants.add(id)) this.#tellAll(id, -1)
    // It may have come while the want was written.
    await this.added(id)
    this.#downloads.consider(id)
    await orAborted(waiting.promise, signal)
  }

  async unwant(id: string): Promise<void> {
    await this.#wants.drop(id)
    this.#waiting.get(id)?.reject(new UnwantedError('The blob is not wanted any more.'))
    this.#waiting.delete(id)
  }

  wants(): readonly Want[] {
    return [...this.#wants.all()].map(([id, hops]) => ({ id, hops }))
  }

  async added(id: string): Promise<void> {
    const size = isBlobId(id) ? await this.#options.host.blobs.size(bytesOf(id)) : undefined
    if (size !== undefined) await this.#arrived(id, size)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new ExchangeClosedError(
      'The node is stopping; the blob is wanted again after its next start.',
    )
    this.#closing.abort(closed)
    for (const waiting of this.#waiting.values()) waiting.reject(closed)
    this.#waiting.clear()
    await this.#downloads.close()
  }

  #peerOf(rpc: Rpc): BlobPeer {
    const known = this.#peers.get(rpc)
    if (known) return known
    const peer = new BlobPeer(rpc)
    this.#peers.set(rpc, peer)
    void rpc.closed.then(() => {
      this.#peers.delete(rpc)
      this.#wants.forget(peer)
    })
    return peer
  }

  /** Hears what a peer wants and has. */
  async #listen(peer: BlobPeer): Promise<void> {
    try {
      const { signal } = this.#closing
      for await (const body of peer.rpc.source(['blobs', 'createWants'], [], { signal })) {
        await this.#takeNews(peer, body)
      }
    } catch {
      // The peer knows nothing of blobs, or is gone.
    }
  }

  async #takeNews(peer: BlobPeer, { type, bytes }: Body): Promise<void> {
    const news = type === 'json' ? parse(Buffer.from(bytes).toString()) : undefined
    if (!isObject(news)) return
    for (const [id, value] of Object.entries(news).slice(0, PEER_LIMITS.ids)) {
      if (!isBlobId(id) || !Number.isSafeInteger(value)) continue
      if (Number(value) < 0) await this.#takeWant(peer, id, Number(value))
      else if (Number(value) > 0) this.#takeHas(peer, id, Number(value))
    }
  }

  #takeHas(peer: BlobPeer, id: string, size: number): void {
    if (this.#wants.hops(id) === undefined || size > (this.#options.maximum ?? MAXIMUM)) return
    peer.noteHas(id, size)
    this.#downloads.consider(id)
  }

  async #takeWant(peer: BlobPeer, id: string, hops: number): Promise<void> {
    const { host, sympathy = 3, mayRelay } = this.#options
    const size = await host.blobs.size(bytesOf(id))
    if (size !== undefined) {
      if (size > 0) peer.tell(id, size)
      return
    }
    peer.noteAsked(id)
    if (1 - hops > sympathy || !this.#peers.has(peer.rpc) || !mayRelay?.(peer.rpc.remote)) return
    const tell = this.#wants.relay(id, hops - 1, peer)
    if (tell === 'full') this.#notRelayed++
    else if (tell !== undefined) this.#tellAll(id, tell, peer)
  }

  #tellAll(id: string, value: number, except?: BlobPeer): void {
    for (const peer of this.#peers.values()) if (peer !== except) peer.tell(id, value)
  }

  async #arrived(id: string, size: number): Promise<void> {
    await this.#wants.settle(id)
    this.#waiting.get(id)?.resolve()
    this.#waiting.delete(id)
    for (const peer of this.#peers.values()) {
      peer.has.delete(id)
      if (peer.asked.delete(id) && size > 0) peer.tell(id, size)
    }
    this.#announcements.announce(id)
    this.#options.arrived?.(id, size)
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** @throws the signal's reason when it is aborted first */
async function orAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    await Promise.race([promise, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
