/** From the names that networks give a blob to its hash and back. */
import type { Ref } from '#model/ref.ts'
import type { LocalNetwork } from '#api/local/ports.ts'

/** The hash that a text names: 64 hexadecimal digits, or a name of a network. */
export function hashOf(networks: readonly LocalNetwork[], text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/.test(text)) return Uint8Array.fromHex(text)
  for (const network of networks) {
    const found = network.recognise(text)
    const hash = found?.what === 'blob' ? network.blobHash?.(found.ref.id) : undefined
    if (hash) return hash
  }
  return undefined
}

/** Every name of a blob. */
export function namesOf(networks: readonly LocalNetwork[], hash: Uint8Array): readonly Ref[] {
  return networks.flatMap((network) => {
    const id = network.blobName?.(hash)
    return id === undefined ? [] : [{ network: network.name, id }]
  })
}
