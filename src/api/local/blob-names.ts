/** From the names that networks give a blob to its hash and back. */
import type { Ref } from '#model/ref.ts'
import type { LocalNetwork } from '#api/local/ports.ts'

/** What a network whose media are named by their hash offers beside its contract. */
export type BlobNaming = {
  /** SHA-256 of the blob of that name, 32 bytes; undefined where the text is no such name. */
  blobHash(id: string): Uint8Array | undefined
  /** The network's name of the blob with that hash. */
  blobName(hash: Uint8Array): string
}

/** The hash that a text names: 64 hexadecimal digits, or a name of a network. */
export function hashOf(networks: readonly LocalNetwork[], text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/.test(text)) return Uint8Array.fromHex(text)
  for (const network of networks) {
    const found = network.recognise(text)
    if (found?.what !== 'blob' || !names(network)) continue
    const hash = network.blobHash(found.ref.id)
    if (hash) return hash
  }
  return undefined
}

/** Every name of a blob. */
export function namesOf(networks: readonly LocalNetwork[], hash: Uint8Array): readonly Ref[] {
  return networks.flatMap((network) =>
    names(network) ? [{ network: network.name, id: network.blobName(hash) }] : [],
  )
}

function names(network: LocalNetwork): network is LocalNetwork & BlobNaming {
  return 'blobHash' in network && 'blobName' in network
}
