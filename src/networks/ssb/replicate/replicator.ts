/** Replication as a whole: the follow graph says what, EBT (or history streams) with every peer brings it. */
import { sleep, type Clock } from '#base/clock.ts'
import type { Host } from '#network/host.ts'
import { openEbt, type Ebt } from '#networks/ssb/replicate/ebt/ebt.ts'
import type { FollowGraph } from '#networks/ssb/replicate/graph.ts'
import {
  fetchHistories,
  historyMethod,
  type HistoryParts,
} from '#networks/ssb/replicate/history.ts'
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

/** Milliseconds that nobody may have called `ebt.replicate` before we do. */
const SHYNESS = 10_000
/** Milliseconds until a stream that ended before its connection is opened again; doubles up to `SHYNESS`. */
const AGAIN = 1_000

/** Opens replication: checked follows and blocks steer it from now on. */
export function openReplicator(options: ReplicatorOptions): Replicator {
  return new OpenReplicator(options)
}

class OpenReplicator implements Replicator {
  readonly methods: Methods
  readonly #options: ReplicatorOptions
  readonly #ebt: Ebt
  readonly #history: HistoryParts
  readonly #closing = new AbortController()
  readonly #attached = new Set<Promise<void>>()
  readonly #rpcs = new Set<Rpc>()
  readonly #stopPassing: () => void

  constructor(options: ReplicatorOptions) {
    const { host, intake, graph, own } = options
    const { clock, records } = host
    const ignore = (): void => undefined
    const { onMisbehaviour = ignore, onHeard = ignore, timeout = 5_000 } = options
    this.#options = options
    this.#ebt = openEbt({ host, intake, graph, clock, own, onMisbehaviour, onHeard, timeout })
    this.#history = { records, intake, graph, clock }
    this.methods = {
      'ebt.replicate': this.#ebt.method,
      createHistoryStream: historyMethod(this.#history),
    }
    this.#stopPassing = intake.onPassed((messages) => {
      graph.take(messages.flatMap(({ decoded }) => decoded.deeds))
    })
  }

  attach(rpc: Rpc): void {
    this.#rpcs.add(rpc)
    void rpc.closed.then(() => this.#rpcs.delete(rpc))
    // How a connection broke is told by whoever opened it.
    const done = this.#replicate(rpc).catch(() => undefined)
    this.#attached.add(done)
    void done.then(() => this.#attached.delete(done))
  }

  request(feed: string, on: boolean): void {
    this.#options.graph.request(feed, on)
  }

  status(): ReplicationStatus {
    const { intake, graph } = this.#options
    const { failovers, sessions } = this.#ebt
    const have = messagesOf(intake)
    const peers = Array.from(this.#rpcs, ({ remote: id, traffic }) => {
      const { received, sent } = traffic
      return { id, received, sent, delivered: sessions.get(id)?.delivered ?? 0 }
    })
    const counters = { ...intake.counters, failovers }
    return { feeds: graph.size, have, total: have + this.#ebt.missing(), peers, counters }
  }

  async settled(signal?: AbortSignal): Promise<void> {
    const { intake, host } = this.#options
    for (;;) {
      signal?.throwIfAborted()
      await intake.settled()
      if (this.#ebt.missing() === 0) return
      await nextNews(intake, host.clock, signal)
    }
  }

  forgetPeers(): Promise<void> {
    return this.#ebt.forgetPeers()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort()
    this.#stopPassing()
    await this.#ebt[Symbol.asyncDispose]()
    await Promise.all(this.#attached)
  }

  async #replicate(rpc: Rpc): Promise<void> {
    const { clock } = this.#options.host
    const closed = new AbortController()
    void rpc.closed.then(() => closed.abort())
    const gone = AbortSignal.any([closed.signal, this.#closing.signal])
    const hasSession = (): boolean => this.#ebt.sessions.has(rpc.remote)
    // The one who dialled calls; when nobody does, or the stream ends before the connection, it is our turn.
    let wait = rpc.outgoing ? 0 : SHYNESS
    while (await hasPassed(clock, wait, gone)) {
      const isOurTurn = wait === 0 || !hasSession()
      wait = Math.min(SHYNESS, wait * 2 || AGAIN)
      if (isOurTurn && !(await this.#ebt.replicate(rpc)) && !hasSession()) {
        return fetchHistories(this.#history, rpc, this.#closing.signal)
      }
    }
  }
}

/** True after so many milliseconds; false when the signal came first. */
async function hasPassed(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (ms > 0) await sleep(clock, ms, signal).catch(() => undefined)
  return !signal.aborted
}

function messagesOf({ feeds }: MessageIntake): number {
  let sum = 0
  for (let feed = 0; feed < feeds.ids.size; feed++) sum += feeds.sequence(feed)
  return sum
}

/** Resolves after the next messages became passable, or a second. */
function nextNews(intake: MessageIntake, clock: Clock, signal?: AbortSignal): Promise<void> {
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
