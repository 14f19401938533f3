/** What the client API needs of the node's parts below it; networks and the store of blobs fit as they are. */
import type { LocalBlobs, LocalNetwork } from '#api/local/ports.ts'
import type { Ref } from '#model/ref.ts'

/** A network with the names that it gives to people. */
export interface ClientNetwork extends LocalNetwork {
  display(ref: Ref): { readonly handle: string; readonly url?: string }
}

export type ClientBlobs = LocalBlobs
