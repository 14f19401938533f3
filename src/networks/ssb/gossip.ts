/** Scuttlebutt at work: meets peers and exchanges feeds and blobs with them. */
import type { Host } from '#network/host.ts'
import type { NetworkStatus, Progress } from '#network/network.ts'
import { openBlobExchange, type BlobExchange } from '#networks/ssb/blobs/open-blob-exchange.ts'
import type { Engine } from '#networks/ssb/engine.ts'
import { addressText, readAddresses } from '#networks/ssb/meet/address.ts'
import type { Redeemed } from '#networks/ssb/meet/invite.ts'
import { openMeet, type Meet } from '#networks/ssb/meet/meet.ts'
import { ssbRef } from '#networks/ssb/refs.ts'
import type { Passed } from '#networks/ssb/replicate/intake.ts'
import { openReplicator, type Replicator } from '#networks/ssb/replicate/replicator.ts'
import type { SsbSettings } from '#networks/ssb/settings.ts'
import { ProtocolError } from '#networks/ssb/wire/rpc-errors.ts'
import { tcpCarrier, type Place } from '#networks/ssb/wire/tcp.ts'

/** The running parts. */
export interface Gossip extends AsyncDisposable {
  readonly meet: Meet
  readonly replicator: Replicator
  readonly blobs: BlobExchange
  /** Follows the pub of a redeemed invite and tells others where it is. */
  accept(redeemed: Redeemed, signal: AbortSignal): Promise<void>
  status(): Pick<NetworkStatus, 'addresses' | 'peers' | 'progress' | 'counters'>
}

/** More than the hops setting allows: the nearer a feed, the more its owner is wanted. */
const NEAREST = 6
/** Blobs of older posts are fetched when somebody looks at them. */
const FRESH = 90 * 86_400_000

/** Opens everything and begins to listen and to dial. */
export async function startGossip(
  host: Host,
  engine: Engine,
  settings: SsbSettings,
): Promise<Gossip> {
  await using parts = new AsyncDisposableStack()
  const { clock } = host
  const { keys, intake, graph, guard, misbehaviour } = engine
  const blobs = parts.use(
    await openBlobExchange({
      host,
      clock,
      maximum: settings['ssb-max-blob'],
      mayRelay: (peer) => graph.wants(peer),
    }),
  )
  const replicator = parts.use(
    openReplicator({
      host,
      intake,
      graph,
      own: [keys.id],
      onMisbehaviour: misbehaviour.count,
      onHeard: (_feed, peer, sequence) =>
        void guard.heard(peer, sequence).then(host.changed, () => undefined),
    }),
  )
  const meet = parts.use(
    await openMeet({
      keys,
      caps: settings['ssb-caps'],
      clock,
      state: host.state,
      fetch: host.fetch,
      carriers: [tcpCarrier({ clock, listen: placeOf(settings) })],
      methods: { ...replicator.methods, ...blobs.methods },
      authorise: (peer) =>
        graph.isBlocked(peer) ? 'it is blocked' : (misbehaviour.reason(peer) ?? 'yes'),
      interest: (peer) => (graph.wants(peer) ? NEAREST - (graph.hops(peer) ?? NEAREST - 1) : 0),
      changed: host.changed,
      lan: settings['ssb-lan'],
      keep: settings['ssb-connect'],
      limits: { total: settings['ssb-max-peers'], incoming: settings['ssb-max-peers'] },
    }),
  )
  misbehaviour.onBanned = (peer, why) =>
    void meet.connections.disconnect(peer, why).catch(() => undefined)
  parts.defer(
    meet.connections.on((event) => {
      if (event.type !== 'connected') return
      const { rpc } = event
      replicator.attach(rpc)
      blobs.attach(rpc)
      void rpc.closed.then((cause) => {
        if (cause instanceof ProtocolError) misbehaviour.count(rpc.remote, 'broke the protocol')
      })
    }),
  )
  parts.defer(
    intake.onPassed((messages) => hear(messages, { meet, blobs, own: keys.id, now: clock.now() })),
  )
  await meet.start()
  const stack = parts.move()
  return {
    meet,
    replicator,
    blobs,
    accept: (redeemed, signal) => accept(redeemed, engine, clock.now(), signal),
    status: () => statusOf(meet, replicator, blobs),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}

type Ears = {
  readonly meet: Meet
  readonly blobs: BlobExchange
  readonly own: string
  readonly now: number
}

/** The port that other programs try first, where nothing else is asked for. */
const USUAL_PORT = 8008

function placeOf({ 'ssb-host': host, 'ssb-port': port }: SsbSettings): Place {
  return port === 'auto' ? { host, port: USUAL_PORT, orAny: true } : { host, port }
}

/** What checked messages mean for meeting and for blobs. */
function hear(messages: readonly Passed[], { meet, blobs, own, now }: Ears): void {
  const blocked = messages.some(
    ({ feed, decoded }) => feed === own && decoded.deeds.some(({ kind }) => kind === 'block'),
  )
  if (blocked) meet.connections.enforce()
  for (const { feed, decoded } of messages) {
    if (typeof decoded.announces === 'string') {
      const [address] = readAddresses(decoded.announces)
      if (address) meet.book.hear(address.peer, addressText(address), 'pub')
    }
    const recent = decoded.deeds.some(({ at, kind }) => kind === 'profile' || now - at < FRESH)
    if (!recent) continue
    // A want that cannot be taken now is tried again when somebody looks at the post.
    const visit = feed === own ? blobs.added : blobs.want
    for (const blob of decoded.blobs) void visit(blob).catch(() => undefined)
  }
}

async function accept(
  { pub, named }: Redeemed,
  { own, keys }: Engine,
  at: number,
  signal: AbortSignal,
): Promise<void> {
  const follow = {
    kind: 'follow',
    actor: ssbRef(keys.id),
    whom: ssbRef(pub),
    on: true,
    at,
  } as const
  await own.send(follow, `follow the pub ${pub}`, signal)
  if (!named) return
  const { host, port, key } = named
  await own.publish(
    { type: 'pub', address: { host, port, key } },
    `announce the pub ${pub}`,
    signal,
  )
}

function statusOf(
  meet: Meet,
  replicator: Replicator,
  blobs: BlobExchange,
): ReturnType<Gossip['status']> {
  const { addresses, peers, counters } = meet.status()
  const { fetched, failed, lies, servedBytes } = blobs.counters
  const replication = replicator.status()
  const progress: Progress[] =
    replication.total > replication.have
      ? [{ what: 'Messages', done: replication.have, total: replication.total }]
      : []
  return {
    addresses,
    peers,
    progress,
    counters: {
      ...counters,
      ...replication.counters,
      feeds: replication.feeds,
      'blobs fetched': fetched,
      'blobs failed': failed,
      'blobs lied': lies,
      'blobs servedBytes': servedBytes,
    },
  }
}
