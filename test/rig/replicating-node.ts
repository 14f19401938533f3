/** A whole replicating node on loopback TCP for tests of replication. */
import { systemClock, type Clock } from '#base/clock.ts'
import { memoryHost, type MemoryHost } from '#rig/memory-host.ts'
import { createMessage } from '#networks/ssb/feed/create-message.ts'
import type { ContentObject, SignedMessage } from '#networks/ssb/feed/message.ts'
import { openVerifier } from '#networks/ssb/feed/open-verifier.ts'
import { parseMessage } from '#networks/ssb/feed/parse-message.ts'
import { deedsOf } from '#networks/ssb/kinds/deeds-of.ts'
import type { SsbKeys } from '#networks/ssb/identity.ts'
import { openGraph, type FollowGraph } from '#networks/ssb/replicate/graph.ts'
import type { MessageIntake } from '#networks/ssb/replicate/intake.ts'
import { openIntake } from '#networks/ssb/replicate/open-intake.ts'
import { openReplicator, type Replicator } from '#networks/ssb/replicate/replicator.ts'
import { bodyOf, keysOf } from '#rig/signed-feeds.ts'
import { secure } from '#networks/ssb/wire/connect.ts'
import type { Methods, Rpc } from '#networks/ssb/wire/rpc.ts'
import { tcpCarrier } from '#networks/ssb/wire/tcp.ts'

/** The network key of the tests. */
const caps = Buffer.alloc(32, 7)

export interface TestNode extends AsyncDisposable {
  readonly keys: SsbKeys
  readonly host: MemoryHost
  readonly intake: MessageIntake
  readonly graph: FollowGraph
  readonly replicator: Replicator
  readonly misbehaved: string[]
  readonly heard: [string, string, number][]
  readonly rpcs: Set<Rpc>
  publish(...contents: readonly ContentObject[]): Promise<void>
  /** Resolves when so many messages of the feed are here and checked. */
  has(feed: string, sequence: number): Promise<void>
}

export type TestNodeOptions = {
  readonly host?: MemoryHost
  readonly hops?: number
  readonly timeout?: number
  readonly clock?: Clock
}

/** Opens the node whose keys have that number. */
export async function testNode(number: number, options: TestNodeOptions = {}): Promise<TestNode> {
  const keys = keysOf(number)
  const clock = options.clock ?? systemClock()
  const host = options.host ?? memoryHost({ clock })
  const misbehaved: string[] = []
  const heard: [string, string, number][] = []
  const onMisbehaviour = (peer: string, why: string): void => void misbehaved.push(`${peer} ${why}`)
  const parts = new AsyncDisposableStack()
  const verifier = parts.use(openVerifier({ threads: 0 }))
  const intake = parts.use(
    await openIntake({
      host,
      verifier,
      parse: parseMessage,
      decode: deedsOf,
      unseal: () => undefined,
      clock,
      wanted: (feed) => graph.wants(feed),
      onMisbehaviour,
      // As if the threads were behind: runs come provisionally first, which is the harder way.
      limits: { headFirst: { from: 32, behind: 0 } },
    }),
  )
  const ties = await host.ties()
  const hops = options.hops ?? 2
  const graph = parts.use(openGraph({ ties, roots: [keys.id], hops, maxFeeds: 10_000, clock }))
  const replicator = parts.use(
    openReplicator({
      host,
      intake,
      graph,
      own: [keys.id],
      onMisbehaviour,
      onHeard: (feed, peer, sequence) => heard.push([feed, peer, sequence]),
      ...(options.timeout !== undefined && { timeout: options.timeout }),
    }),
  )
  return withActions({ keys, host, intake, graph, replicator, misbehaved, heard }, parts)
}

type Parts = Omit<TestNode, 'rpcs' | 'publish' | 'has' | typeof Symbol.asyncDispose>

function withActions(node: Parts, parts: AsyncDisposableStack): TestNode {
  const { keys, intake } = node
  const rpcs = new Set<Rpc>()
  return {
    ...node,
    rpcs,
    async publish(...contents) {
      for (const content of contents) {
        const tip = intake.feeds.tip(intake.feeds.ids.find(keys.id))
        await intake.append(createMessage(keys, tip, content, 1_600_000_000_000))
      }
    },
    async has(feed, sequence) {
      while (intake.checked(feed) < sequence) {
        await new Promise<void>((resolve) => {
          const stop = intake.onChecked(() => {
            stop()
            resolve()
          })
        })
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...rpcs].map((rpc) => rpc.close()))
      await parts.disposeAsync()
    },
  }
}

/** Lets `from` dial `to`; both replicate. Resolves to both ends, the dialler's first. */
export async function connect(
  from: TestNode,
  to: TestNode,
  methods: Methods = to.replicator.methods,
): Promise<readonly [Rpc, Rpc]> {
  const clock = systemClock()
  const accepted = Promise.withResolvers<Rpc>()
  const carrier = tcpCarrier({ clock, listen: { host: '127.0.0.1', port: 0 } })
  const listener = await carrier.listen?.((pipe) => {
    secure(pipe, { keys: to.keys, caps, clock, methods }).then(accepted.resolve, accepted.reject)
  })
  const address = {
    transport: 'net',
    parts: listener?.addresses[0]?.split(':').slice(1) ?? [],
    peer: to.keys.id,
  }
  const pipe = await carrier.dial(address, AbortSignal.timeout(5_000))
  const dialled = await secure(pipe, {
    keys: from.keys,
    caps,
    clock,
    methods: from.replicator.methods,
    remote: to.keys.id,
  })
  const rpc = await accepted.promise
  keep(from, dialled)
  keep(to, rpc)
  void dialled.closed.then(() => listener?.[Symbol.asyncDispose]())
  to.replicator.attach(rpc)
  from.replicator.attach(dialled)
  return [dialled, rpc]
}

function keep(node: TestNode, rpc: Rpc): void {
  node.rpcs.add(rpc)
  void rpc.closed.then(() => node.rpcs.delete(rpc))
}

/** Gives a node the messages of a feed, as an import does. */
export async function importFeed(
  node: TestNode,
  messages: readonly SignedMessage[],
): Promise<void> {
  for (const message of messages) await node.intake.offer(bodyOf(message), 'import')
  await node.intake.settled()
}
