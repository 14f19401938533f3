/** Replication as a whole: the follow graph says what, EBT (or history streams) with every peer brings it. */
import type { Clock } from '#base/clock.ts'
import type { Host } from '#network/host.ts'
import { openEbt } from '#networks/ssb/replicate/ebt/ebt.ts'
import type { FollowGraph } from '#networks/ssb/replicate/graph.ts'
import { fetchHistories, historyMethod } from '#networks/ssb/replicate/history.ts'
import type { MessageIntake } from '#networks/ssb/replicate/intake.ts'
import type { Methods, Rpc } from '#networks/ssb/wire/rpc.ts'

/** How far replication is, for people. */
export type ReplicationStatus = {
  /** Feeds that are replicated. */
  readonly feeds: number
  /** Messages here, and as many as there would be with all that peers say they have. */
  readonly have: number
  readonly total: number
  readonly peers: readonly {
    readonly id: string
    readonly received: number
    readonly sent: number
    /** Messages that it delivered and that were new. */
    readonly delivered: number
  }[]
  readonly counters: Readonly<Record<string, number>>
}

/** See `openReplicator`. */
export interface Replicator extends AsyncDisposable {
  /** What peers may call. */
  readonly methods: Methods
  /** Replicates with a peer until its connection closes. */
  attach(rpc: Rpc): void
  /** Replicates a feed beside those of the follow graph, or not any more. */
  request(feed: string, on: boolean): void
  status(): ReplicationStatus
  /** Resolves when all that peers are known to have is here and checked. */
  settled(signal?: AbortSignal): Promise<void>
  /** After a restore: asks every peer for everything, whatever was remembered of it. */
  forgetPeers(): Promise<void>
}

/** What replication is made of; closing it closes none of them. */
export type ReplicatorOptions = {
  readonly host: Pick<Host, 'records' | 'state' | 'clock'>
  /** Opened with `wanted` asking the graph. */
  readonly intake: MessageIntake
  /** Opened of `host.ties()` after the intake, which may first have to check what a crash left. */
  readonly graph: FollowGraph
  /** The own feeds. */
  readonly own: readonly string[]
  readonly onMisbehaviour?: (peer: string, why: string) => void
  /** A peer said how much it has of an own feed (-1: it does not replicate it). */
  readonly onHeard?: (feed: string, peer: string, sequence: number) => void
  /** Milliseconds in which a peer must deliver something of what it claims; 5,000. */
  readonly timeout?: number
}

/** How long a peer that dialled may take to call `ebt.replicate` before we do. */
const SHYNESS = 10_000

/** Opens replication: checked follows and blocks steer it from now on. */
export function openReplicator(options: ReplicatorOptions): Replicator {
  const { host, intake, graph } = options
  const { clock, records } = host
  const ignore = (): void => undefined
  const ebt = openEbt({
    host,
    intake,
    graph,
    clock,
    own: options.own,
    onMisbehaviour: options.onMisbehaviour ?? ignore,
    onHeard: options.onHeard ?? ignore,
    timeout: options.timeout ?? 5_000,
  })
  const history = { records, intake, graph, clock }
  const closing = new AbortController()
  const attached = new Set<Promise<void>>()
  const rpcs = new Set<Rpc>()
  const stopPassing = intake.onPassed((messages) => {
    graph.take(messages.flatMap(({ decoded }) => decoded.deeds))
  })

  async function replicate(rpc: Rpc): Promise<void> {
    if (!rpc.outgoing && (await isCalled(rpc, clock, closing.signal, ebt.sessions))) return
    if (await ebt.replicate(rpc)) return
    await fetchHistories(history, rpc, closing.signal)
  }
  return {
    methods: {
      'ebt.replicate': ebt.method,
      createHistoryStream: historyMethod(history),
    },
    attach(rpc) {
      rpcs.add(rpc)
      void rpc.closed.then(() => rpcs.delete(rpc))
      const done = replicate(rpc).catch(ignore)
      attached.add(done)
      void done.then(() => attached.delete(done))
    },
    request: (feed, on) => graph.request(feed, on),
    status() {
      const have = messagesOf(intake)
      const { failovers } = ebt
      return {
        feeds: graph.size,
        have,
        total: have + ebt.missing(),
        peers: [...rpcs].map(({ remote: id, traffic }) => {
          return { id, ...traffic, delivered: ebt.sessions.get(id)?.delivered ?? 0 }
        }),
        counters: { ...intake.counters, failovers },
      }
    },
    async settled(signal) {
      for (;;) {
        signal?.throwIfAborted()
        await intake.settled()
        if (ebt.missing() === 0) return
        await next(intake, clock, signal)
      }
    },
    forgetPeers: () => ebt.forgetPeers(),
    async [Symbol.asyncDispose]() {
      closing.abort()
      stopPassing()
      await ebt[Symbol.asyncDispose]()
      await Promise.all(attached)
    },
  }
}

function messagesOf({ feeds }: MessageIntake): number {
  let sum = 0
  for (let feed = 0; feed < feeds.ids.size; feed++) sum += feeds.sequence(feed)
  return sum
}

/** True when the peer has called us or is gone; false when it is our turn after all. */
function isCalled(
  rpc: Rpc,
  clock: Clock,
  signal: AbortSignal,
  sessions: ReadonlyMap<string, unknown>,
): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.after(SHYNESS, () => resolve(sessions.has(rpc.remote)))
    const gone = (): void => {
      timer.cancel()
      resolve(true)
    }
    void rpc.closed.then(gone)
    signal.addEventListener('abort', gone, { once: true })
  })
}

/** Resolves after the next messages became passable, or a second. */
function next(intake: MessageIntake, clock: Clock, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel()
      stop()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.after(1_000, done)
    const stop = intake.onChecked(done)
    signal?.addEventListener('abort', done, { once: true })
  })
}
