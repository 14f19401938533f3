/** Which blobs are wanted: ours, kept over restarts, and those that we pass on for peers, which are not. */
import type { StateBox } from '#network/host.ts'
import { PEER_LIMITS, type BlobPeer } from '#networks/ssb/blobs/blob-peer.ts'
import { isBlobId } from '#networks/ssb/refs.ts'

/** A wanted blob. `hops` is -1 for our own wants, -2 for those of a peer, -3 for those of a peer's peer. */
export type Want = { readonly id: string; readonly hops: number }

const PREFIX = 'blobs/want/'
/** Wants that are passed on at a time, of all peers. */
const MAX_RELAYED = 1000

type Relayed = { hops: number; readonly from: Set<BlobPeer> }

export class WantTable {
  readonly #state: StateBox
  readonly #own: Set<string>
  readonly #relayed = new Map<string, Relayed>()

  private constructor(state: StateBox, own: Iterable<string>) {
    this.#state = state
    this.#own = new Set(own)
  }

  /** Reads the wants that were kept. */
  static async open(state: StateBox): Promise<WantTable> {
    const keys = await state.keys(PREFIX)
    return new WantTable(state, keys.map((key) => key.slice(PREFIX.length)).filter(isBlobId))
  }

  get ownCount(): number {
    return this.#own.size
  }

  /** The hops of a want, or undefined when nobody wants it. */
  hops(id: string): number | undefined {
    return this.#own.has(id) ? -1 : this.#relayed.get(id)?.hops
  }

  *all(): Generator<readonly [string, number]> {
    for (const id of this.#own) yield [id, -1]
    for (const [id, { hops }] of this.#relayed) if (!this.#own.has(id)) yield [id, hops]
  }

  /** Keeps a want of ours; false when it was kept before. */
  async add(id: string): Promise<boolean> {
    if (this.#own.has(id)) return false
    this.#own.add(id)
    await this.#state.put(PREFIX + id, Uint8Array.of(1))
    return true
  }

  /**
   * Passes on a want of a peer.
   *
   * @returns the hops to tell others, undefined when they need not hear of it, `full` when it was too much
   */
  relay(id: string, hops: number, peer: BlobPeer): number | 'full' | undefined {
    const known = this.#relayed.get(id)
    if (!known && this.#relayed.size >= MAX_RELAYED) return 'full'
    if (!peer.relayed.has(id) && peer.relayed.size >= PEER_LIMITS.relayed) return 'full'
    peer.relayed.add(id)
    const want = known ?? { hops, from: new Set() }
    want.from.add(peer)
    this.#relayed.set(id, want)
    if (known && known.hops >= hops) return undefined
    want.hops = hops
    return this.#own.has(id) ? undefined : hops
  }

  /** Nobody waits for it any more: it is here. */
  async settle(id: string): Promise<void> {
    for (const peer of this.#relayed.get(id)?.from ?? []) peer.relayed.delete(id)
    this.#relayed.delete(id)
    await this.drop(id)
  }

  /** Gives up a want of ours. */
  async drop(id: string): Promise<void> {
    if (this.#own.delete(id)) await this.#state.delete(PREFIX + id)
  }

  /** Forgets what was wanted only for a peer that left. */
  forget(peer: BlobPeer): void {
    for (const id of peer.relayed) {
      const want = this.#relayed.get(id)
      want?.from.delete(peer)
      if (want?.from.size === 0) this.#relayed.delete(id)
    }
    peer.relayed.clear()
  }
}
