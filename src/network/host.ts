import type { Clock } from '#base/clock.ts'
import type { Deed } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'

/** A signed record in the network's own bytes, kept so that it can be served again as it was. */
export type NativeRecord = {
  /** The network's name of this record. */
  readonly id: string
  /** The network's name of whose it is: a feed, an actor. */
  readonly feed: string
  /** Place in the feed, from 1 without gaps; absent where records have no order. */
  readonly sequence?: number
  readonly bytes: Uint8Array
  /**
   * The key that `Network.send` was given, where this record came of it: it is remembered in the same transaction, so that
   * the same key never makes a second record (see `Records.keyed`).
   */
  readonly key?: string
}

/** How far a feed is known. */
export type Head = {
  readonly feed: string
  /** Newest stored sequence; 0 when nothing is stored. */
  readonly sequence: number
  /** Id of the record at `sequence`. */
  readonly id: string
  /** Every record up to here had its own signature checked; what lies beyond is provisional. */
  readonly checked: number
}

/** One step of a network's intake: stored whole, in one transaction, or not at all. */
export type Intake = {
  /** Records to keep. A record that is already there is skipped. */
  readonly records?: readonly NativeRecord[]
  /** Deeds of records whose signature is not checked yet: may be shown as such, trigger nothing. Posts and messages only. */
  readonly provisional?: readonly Deed[]
  /** Deeds that were provisional and are now checked: their triggers (notifications) run. */
  readonly confirmed?: readonly Deed[]
  /** Checked deeds, new to the node. */
  readonly deeds?: readonly Deed[]
  /** Feeds whose records are checked up to and with `sequence`. */
  readonly checked?: readonly { readonly feed: string; readonly sequence: number }[]
  /** Feeds to cut: records and deeds from `sequence` on go away again. Never what was checked. */
  readonly dropped?: readonly { readonly feed: string; readonly sequence: number }[]
}

/** The native records of one network. Reads see what has been committed. */
export interface Records {
  heads(): Promise<readonly Head[]>
  head(feed: string): Promise<Head | undefined>
  /** Records of a feed from `sequence` on, in order, at most `limit`. */
  range(feed: string, sequence: number, limit: number): Promise<readonly NativeRecord[]>
  get(id: string): Promise<NativeRecord | undefined>
  /** The record that was stored with this key of `Network.send`: what a repeated send answers with. */
  keyed?(key: string): Promise<NativeRecord | undefined>
  /** Forgets a feed wholly: records, deeds and head. */
  forget(feed: string): Promise<void>
}

/** Small durable values of one network, named by it. */
export interface StateBox {
  get(key: string): Promise<Uint8Array | undefined>
  put(key: string, value: Uint8Array): Promise<void>
  delete(key: string): Promise<void>
  /** Keys that start with `prefix`, in byte order. */
  keys(prefix: string): Promise<readonly string[]>
}

/** Media by the SHA-256 of its bytes (32 bytes), encrypted at rest. */
export interface Blobs {
  has(hash: Uint8Array): Promise<boolean>
  /** Bytes, or undefined when the blob is not here. */
  size(hash: Uint8Array): Promise<number | undefined>
  /** Plain bytes from `start` (0) to before `end` (the size); undefined when the blob is not here. */
  open(
    hash: Uint8Array,
    range?: { readonly start?: number; readonly end?: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>
  /**
   * Stores a stream. Nothing is kept when it fails, is longer than `limit` or does not hash to `expected`.
   *
   * @throws BlobTooLargeError, BlobMismatchError, or what the source throws
   */
  put(
    source: AsyncIterable<Uint8Array>,
    options?: { readonly expected?: Uint8Array; readonly limit?: number },
  ): Promise<{ readonly hash: Uint8Array; readonly size: number }>
  delete(hash: Uint8Array): Promise<void>
}

/** The secrets of one local identity in one network. */
export type Keys = {
  /** 32 bytes that the network makes its keys of. */
  readonly seed: Uint8Array
  /** True while the program that made them still runs for the first time: no copy of the identity can be elsewhere. */
  readonly fresh?: boolean
}

/** A tie between two people of one network, as checked deeds say. */
export type Tie = { readonly from: string; readonly to: string; readonly kind: 'follow' | 'block' }

/** What the node lends to a network; a network sees nothing else of the node. */
export interface Host {
  readonly clock: Clock
  readonly records: Records
  readonly state: StateBox
  readonly blobs: Blobs
  /** Guarded against requests into private address ranges. */
  readonly fetch: typeof globalThis.fetch
  /** Every tie in force in this network: what a network that replicates by the follow graph starts from. */
  ties(): Promise<readonly Tie[]>
  /** Resolves once everything is durable. Deduplicates by ref. */
  receive(intake: Intake): Promise<void>
  /** The local identities of this network. */
  identities(): Promise<readonly Ref[]>
  keys(identity: Ref): Promise<Keys | undefined>
  /** Tells people (the status page, `metalife status`, the API) of a change in what `Network.status` answers. */
  changed(): void
}
