/** A node of ours for benchmarks and interoperability: encrypted store, social side and network, without the web server. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '#base/clock.ts'
import type { Blobs } from '#network/host.ts'
import type { Network } from '#network/network.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { ssbPlan } from '#networks/ssb/plan.ts'
import { ssbRef } from '#networks/ssb/refs.ts'
import { ssbSettings } from '#networks/ssb/settings.ts'
import { socialCore } from '#social/core.ts'
import { hostFor } from '#social/host.ts'
import { openSocial, type OpenSocial } from '#social/open-social.ts'
import { openBlobs } from '#store/blobs/blob-store.ts'
import { openStore, type Store } from '#store/store.ts'

/** The running parts. */
export interface SsbNode extends AsyncDisposable {
  readonly id: string
  readonly network: Network
  readonly social: OpenSocial
  readonly store: Store
  readonly blobs: Blobs
}

/** Opens the node of `seed` in `folder` and starts its network on a free port of loopback. */
export async function openSsbNode(
  folder: string,
  seed: Uint8Array,
  more: Readonly<Record<string, unknown>> = {},
): Promise<SsbNode> {
  await using parts = new AsyncDisposableStack()
  mkdirSync(folder, { recursive: true })
  const clock = systemClock()
  const key = new Uint8Array(32).fill(9)
  const store = parts.use(await openStore({ path: join(folder, 'metalife.db'), key, clock }))
  const core = socialCore(store, clock)
  const blobs = await openBlobs(join(folder, 'blobs'), key)
  const me = ssbRef(keysOf(seed).id)
  const host = hostFor({
    ...core,
    network: ssbPlan.name,
    blobs,
    fetch: () => Promise.reject(new Error('this node fetches nothing')),
    keys: async () => ({ seed, fresh: true }),
  })
  const defaults = Object.fromEntries(ssbSettings.map((row) => [row.name, row.parse(row.default)]))
  const quiet = { 'ssb-host': '127.0.0.1', 'ssb-port': 0, 'ssb-lan': false }
  const network = parts.use(await ssbPlan.open(host, { ...defaults, ...quiet, ...more }))
  const social = parts.use(await openSocial({ core, networks: [network], identities: [me] }))
  await network.start(new AbortController().signal)
  social.start()
  const stack = parts.move()
  return {
    id: me.id,
    network,
    social,
    store,
    blobs,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

/** Follows feeds, so that they are replicated and fill the home timeline. */
export async function followAll(node: SsbNode, feeds: readonly string[]): Promise<void> {
  for (const feed of feeds) await node.social.follow(feed, true)
}
