/** A store with one person of the sample network on it, for tests of the data. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '#base/clock.ts'
import type { Ref } from '#model/ref.ts'
import type { Blobs, Host } from '#network/host.ts'
import {
  sampleIdentity,
  sampleNetwork,
  type SampleNetwork,
  type SampleOptions,
} from '#rig/sample-network.ts'
import { socialCore, type SocialCore } from '#social/core.ts'
import { hostFor } from '#social/host.ts'
import { openSocial, type OpenSocial } from '#social/open-social.ts'
import type { Store } from '#store/store.ts'

/** A folder that goes away with its scope. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'metalife-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** The seed of a person by their initial. */
export function seedOf(person: string): Uint8Array {
  return Buffer.alloc(32, person)
}

export interface DataNode extends AsyncDisposable {
  readonly core: SocialCore
  readonly social: OpenSocial
  readonly network: SampleNetwork
  readonly networks: readonly SampleNetwork[]
  readonly host: Host
  readonly me: Ref
}

/** A host over a core; blobs are not part of the data and answer that nothing is here. */
export function dataHost(core: SocialCore, network: string, seeds: readonly Uint8Array[]): Host {
  return hostFor({
    ...core,
    network,
    blobs: NO_BLOBS,
    fetch: () => Promise.reject(new Error('tests fetch nothing')),
    keys: async (identity) => {
      const seed = seeds.find((one) => sampleIdentity(network, one).id === identity.id)
      return seed && { seed }
    },
  })
}

/** Opens a node for one person over a store; the store stays the caller's. */
export async function openDataNode(
  store: Store,
  clock: Clock,
  person: string,
  ...options: readonly SampleOptions[]
): Promise<DataNode> {
  const core = socialCore(store, clock)
  const seed = seedOf(person)
  const all = options.length === 0 ? [{}] : options
  const made = all.map((option) => {
    const host = dataHost(core, option.name ?? 'sample', [seed])
    return { host, network: sampleNetwork(host, option) }
  })
  const networks = made.map(({ network }) => network)
  const identities = networks.map((network) => network.identityOf(seed))
  const social = await openSocial({ core, networks, identities })
  const signal = new AbortController().signal
  for (const network of networks) await network.start(signal)
  return {
    core,
    social,
    networks,
    network: networks[0]!,
    host: made[0]!.host,
    me: identities[0]!,
    async [Symbol.asyncDispose]() {
      await social[Symbol.asyncDispose]()
      for (const network of networks) await network[Symbol.asyncDispose]()
    },
  }
}

const NO_BLOBS: Blobs = {
  has: async () => false,
  size: async () => undefined,
  open: async () => undefined,
  put: () => Promise.reject(new Error('tests of the data keep no blobs')),
  delete: async () => {},
}
