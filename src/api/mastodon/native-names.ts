/** Native names as addresses: an address is what the network gives, or the name with the network before it. */
import type { ClientNetwork } from '#api/mastodon/ports.ts'
import type { Ref } from '#model/ref.ts'

/** A URI for a person, a post or a blob. */
export function uriOf(networks: readonly ClientNetwork[], ref: Ref): string {
  const network = networks.find(({ name }) => name === ref.network)
  const url = network?.display(ref).url
  return url ?? `${ref.network}:${encodeURIComponent(ref.id)}`
}

/** What a text names: a native name or an address made by `uriOf`. */
export function refIn(
  networks: readonly ClientNetwork[],
  text: string,
  what: 'person' | 'post' | 'blob',
): Ref | undefined {
  for (const network of networks) {
    const inner = text.startsWith(`${network.name}:`)
      ? decoded(text.slice(network.name.length + 1))
      : undefined
    for (const name of inner === undefined ? [text] : [text, inner]) {
      const found = network.recognise(name)
      if (found?.what === what) return found.ref
    }
  }
  return undefined
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
