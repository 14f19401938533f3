/** Scuttlebutt as one of the node's networks. */
import { MetaLifeError } from '#base/errors.ts'
import type { Host, Keys } from '#network/host.ts'
import type { Action, Network, NetworkStatus } from '#network/network.ts'
import { abilities } from '#networks/ssb/abilities.ts'
import { exportArchive, importArchive } from '#networks/ssb/archives.ts'
import { openEngine, type Engine } from '#networks/ssb/engine.ts'
import { startGossip, type Gossip } from '#networks/ssb/gossip.ts'
import { keysOf, type SsbKeys } from '#networks/ssb/identity.ts'
import { meetActions, type MeetActionsOptions } from '#networks/ssb/meet/actions.ts'
import { BadAddressError } from '#networks/ssb/meet/errors.ts'
import { decodeRecord, faultOf } from '#networks/ssb/native-records.ts'
import {
  blobIdOf,
  bytesOf,
  display,
  isBlobId,
  NETWORK,
  recognise,
  ssbRef,
} from '#networks/ssb/refs.ts'
import type { SsbSettings } from '#networks/ssb/settings.ts'

/** Something was asked that needs the identity or the running network before either is there. */
export class NotReadyError extends MetaLifeError {
  override name = 'NotReadyError'
}

/** Opens the network. Nothing is read, dialled or heard before it is needed. */
export function openNetwork(host: Host, settings: SsbSettings): Network {
  const hmacKey = settings['ssb-hmac']
  let engine: Promise<Engine> | undefined
  let live: Live | undefined
  let keys: Promise<SsbKeys | undefined> | undefined

  async function findIdentity(): Promise<Keys | undefined> {
    const [me] = await host.identities()
    return me && (await host.keys(me))
  }
  async function findEngine(): Promise<Engine> {
    const identity = await findIdentity()
    if (!identity)
      throw new NotReadyError(
        'There is no Scuttlebutt identity in this home yet. Start the node once to make one.',
      )
    return openEngine(host, identity, settings)
  }
  function opened(): Promise<Engine> {
    engine ??= findEngine().catch((error: unknown) => {
      engine = undefined
      throw error
    })
    return engine
  }
  async function findKeys(): Promise<SsbKeys | undefined> {
    const identity = await findIdentity()
    return identity && keysOf(identity.seed)
  }
  return {
    name: NETWORK,
    title: 'Scuttlebutt',
    abilities,
    recognise,
    display,
    identityOf: (seed) => ssbRef(keysOf(seed).id),
    decode: async (record) => decodeRecord(record, await (keys ??= findKeys())),
    verify: async (record, previous) => faultOf(record, previous, hmacKey),
    targets: async () => [''],
    send: async (deed, _target, key, signal) => (await opened()).own.send(deed, key, signal),
    async start(signal) {
      const running = await opened()
      signal.throwIfAborted()
      const gossip = await startGossip(host, running, settings)
      live = { engine: running, gossip, actions: actionsOf(running, gossip, host, settings) }
    },
    status: () =>
      live ? statusOf(live) : { addresses: [], peers: [], progress: [], counters: {} },
    get actions() {
      return live?.actions ?? {}
    },
    blobHash: (id) => (isBlobId(id) ? bytesOf(id) : undefined),
    blobName: blobIdOf,
    importFrom: async (path, report, signal) => importArchive(path, await opened(), report, signal),
    exportTo: (path, report, signal) => exportArchive(path, host.records, report, signal),
    async [Symbol.asyncDispose]() {
      await live?.gossip[Symbol.asyncDispose]()
      live = undefined
      const last = await engine?.catch(() => undefined)
      engine = undefined
      await last?.[Symbol.asyncDispose]()
    },
  }
}

/** What runs once the network is started. */
type Live = {
  readonly engine: Engine
  readonly gossip: Gossip
  readonly actions: Readonly<Record<string, Action>>
}

function statusOf({ engine, gossip }: Live): NetworkStatus {
  const { counters, ...status } = gossip.status()
  const { reason, unkept } = engine.guard
  return {
    ...status,
    identity: engine.keys.id,
    counters: { ...counters, ...engine.misbehaviour.counters, unkept },
    ...(reason !== undefined && { readOnly: reason }),
  }
}

function actionsOf(
  engine: Engine,
  gossip: Gossip,
  host: Host,
  settings: SsbSettings,
): Readonly<Record<string, Action>> {
  const { meet, blobs } = gossip
  const accepted: MeetActionsOptions['accepted'] = (redeemed) =>
    gossip.accept(redeemed, AbortSignal.timeout(60_000))
  const meeting = meetActions({
    meet,
    keys: engine.keys,
    caps: settings['ssb-caps'],
    clock: host.clock,
    fetch: host.fetch,
    accepted,
  })
  return {
    ...meeting,
    'blob-want': {
      help: 'Fetch a blob from peers, and wait until it is here',
      parameters: { blob: { help: '&….sha256', required: true } },
      async run(given, signal) {
        const blob = given['blob'] ?? ''
        if (!isBlobId(blob)) throw new BadAddressError('the name of a blob (&….sha256)')
        await blobs.want(blob, { signal })
        return { blob }
      },
    },
  }
}
