/** What the local API needs of the node's parts below it; networks and the store of blobs fit as they are. */
import type { Json } from '#base/json.ts'
import type { Ref } from '#model/ref.ts'

/** A network as its people see it. */
export interface LocalNetwork {
  readonly name: string
  readonly title: string
  readonly abilities: {
    readonly deeds: ReadonlySet<string>
    readonly maxText: number
    readonly maxRecipients: number
    readonly maxBlob: number
    readonly canForget: boolean
    readonly offline: boolean
  }
  recognise(text: string): Recognised | undefined
  /** SHA-256 (32 bytes) of the blob of that name; absent where media are not named by their hash. */
  blobHash?(id: string): Uint8Array | undefined
  /** The network's name of the blob with that hash. */
  blobName?(hash: Uint8Array): string
  status(): object
  readonly actions: Readonly<Record<string, LocalAction>>
}

/** What a text names. */
export type Recognised = {
  readonly ref: Ref
  readonly what: 'person' | 'post' | 'blob' | 'invite' | 'address'
}

/** Something that can be asked of one network only. */
export type LocalAction = {
  readonly help: string
  readonly parameters: Readonly<
    Record<string, { readonly help: string; readonly required: boolean }>
  >
  run(parameters: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Json>
}

/** Long work in progress; `total` may be unknown. */
export type Progress = { readonly what: string; readonly done: number; readonly total?: number }

/** Media by the SHA-256 of its bytes. */
export interface LocalBlobs {
  size(hash: Uint8Array): Promise<number | undefined>
  open(
    hash: Uint8Array,
    range?: { readonly start?: number; readonly end?: number },
  ): Promise<AsyncIterable<Uint8Array> | undefined>
  put(
    source: AsyncIterable<Uint8Array>,
    options?: { readonly limit?: number },
  ): Promise<{ readonly hash: Uint8Array; readonly size: number }>
}
