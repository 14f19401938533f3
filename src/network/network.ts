import type { Draft, Deed } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'
import type { Json } from '#base/json.ts'
import type { Abilities } from '#network/abilities.ts'
import type { Host, NativeRecord } from '#network/host.ts'
import type { Setting } from '#base/setting.ts'

/** What became of one deed at one target. */
export type Delivery =
  | { readonly outcome: 'sent'; readonly ref: Ref }
  /** Try again after so many milliseconds. */
  | { readonly outcome: 'retry'; readonly after: number; readonly why: string }
  | { readonly outcome: 'gone' | 'refused' | 'unsupported'; readonly why: string }

/** What a text names. */
export type Recognised = {
  readonly ref: Ref
  readonly what: 'person' | 'post' | 'blob' | 'invite' | 'address'
}

/** One open social network. Everything that is particular to it lives in its own folder. */
export interface Network extends AsyncDisposable {
  readonly name: string
  /** As people call it. */
  readonly title: string
  readonly abilities: Abilities
  /** Cheap and offline: is this text one of the network's names, links or invites? */
  recognise(text: string): Recognised | undefined
  display(ref: Ref): { readonly handle: string; readonly url?: string }
  /** The identity that a seed gives; the same seed always gives the same. */
  identityOf(seed: Uint8Array): Ref
  /** Deeds of a native record whose signature is checked: the indexes can be rebuilt from them. */
  decode(record: NativeRecord): Promise<readonly Deed[]>
  /**
   * Checks a record, signature included, and that it follows `previous` where its feed has an order and that is given
   * (`null`: it is the first). The sentence says what is wrong.
   */
  verify(record: NativeRecord, previous?: NativeRecord | null): Promise<string | undefined>
  /** Where a deed must go; one empty target where it spreads by itself. */
  targets(deed: Draft): Promise<readonly string[]>
  /**
   * Sends a deed that is already on disk under `key`; the same key sent twice is one record.
   * The native record and the deed are handed to `Host.receive` before this resolves.
   */
  send(deed: Draft, target: string, key: string, signal: AbortSignal): Promise<Delivery>
  start(signal: AbortSignal): Promise<void>
  /** State for people: peers, transfers, progress. */
  status(): NetworkStatus
  /** SHA-256 (32 bytes) of the blob of that name; absent where media are not named by their hash. */
  blobHash?(id: string): Uint8Array | undefined
  /** The network's name of the blob with that hash. */
  blobName?(hash: Uint8Array): string
  /** Takes in what another program stored (a file or a folder); answers counts for people. */
  importFrom?(
    path: string,
    report: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Json>
  /** Writes everything that may be passed on to a file that other programs read. */
  exportTo?(path: string, report: (progress: Progress) => void, signal: AbortSignal): Promise<Json>
  /** Things people can ask of this network only (connect, accept an invite…), by name. */
  readonly actions: Readonly<Record<string, Action>>
}

/** Something a person can ask of one network by name, from the command line or the API. */
export type Action = {
  /** One line of help. */
  readonly help: string
  /** Named parameters, all strings. */
  readonly parameters: Readonly<
    Record<string, { readonly help: string; readonly required: boolean }>
  >
  run(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Json>
}

/** One peer, as people see it. */
export type PeerStatus = {
  readonly id: string
  readonly address: string
  readonly via: string
  readonly state: 'connecting' | 'connected' | 'waiting'
  /** Milliseconds since 1970 of the last change of state. */
  readonly since: number
  readonly received: number
  readonly sent: number
  readonly error?: string
}

/** Long work in progress; `total` may be unknown. */
export type Progress = { readonly what: string; readonly done: number; readonly total?: number }

export type NetworkStatus = {
  readonly identity?: string
  /** What others dial to reach this node. */
  readonly addresses: readonly string[]
  readonly peers: readonly PeerStatus[]
  readonly progress: readonly Progress[]
  /** Set while the network will not write, with the reason for people. */
  readonly readOnly?: string
  /** Counters for people who look closer (bad messages dropped, unknown kinds…). */
  readonly counters: Readonly<Record<string, number>>
}

/** How the composition root makes a network: one per folder. */
export type NetworkPlan = {
  readonly name: string
  readonly title: string
  /** Rows for the one table of settings, named `<network>-…`. */
  readonly settings: readonly Setting[]
  /** The 32-byte seed in another program's key file; undefined when it is none that this network knows. */
  seedOfSecretFile?(text: string): Uint8Array | undefined
  open(host: Host, settings: Readonly<Record<string, unknown>>): Promise<Network>
}
