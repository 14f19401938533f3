/**
 * Notices half-dead connections, and answers others who look for them.
 *
 * `gossip.ping` is a duplex of timestamps that is volleyed like a ball (as ssb-conn with pull-ping does it): one side
 * serves, the other returns it at once and serves the next one after a while. Anything that arrives proves life, so a
 * connection is only pinged when it was silent. Peers without the method are asked by `tunnel.ping`, then left alone.
 */
import type { Clock } from '#base/clock.ts'
import { sleep } from '#base/clock.ts'
import type { Connections } from '#networks/ssb/meet/connections.ts'
import type { Channel, Method, Rpc } from '#networks/ssb/wire/rpc.ts'
import { jsonBody } from '#networks/ssb/wire/rpc.ts'

type KeepAliveOptions = {
  readonly clock: Clock
  /** Milliseconds of silence after which a connection is pinged. */
  readonly silence?: number
  /** Milliseconds within which a ping must be answered. */
  readonly patience?: number
}

export interface KeepAlive extends Disposable {
  /** Looks at every connection now (after a suspend); the dead ones are closed within `patience`. */
  check(): void
}

const defaults = { silence: 60_000, patience: 20_000 }
/** How long we hold the ball before we serve, as the other programs do. */
const hold = 300_000

/** The method `gossip.ping`, open to everybody. */
export function pingMethod(clock: Clock): Method {
  return {
    type: 'duplex',
    allow: () => true,
    async handle(_args, { signal }, channel) {
      await using game = volley(channel, clock)
      const over = game.over
      while (!signal.aborted && !game.ended) {
        const stop = new AbortController()
        const held = sleep(clock, hold, AbortSignal.any([signal, stop.signal])).then(
          () => true,
          () => false,
        )
        const served = await Promise.race([held, over.then(() => false)])
        stop.abort()
        if (!served) break
        await game.serve()
      }
    },
  }
}

/** Watches every connection of the set until disposed. */
export function keepAlive(connections: Connections, options: KeepAliveOptions): KeepAlive {
  const { clock } = options
  const silence = options.silence ?? defaults.silence
  const patience = options.patience ?? defaults.patience
  const stopped = new AbortController()
  const watched = new Map<Rpc, () => void>()

  async function watch(rpc: Rpc): Promise<void> {
    const gone = new AbortController()
    void rpc.closed.then(() => gone.abort())
    const signal = AbortSignal.any([gone.signal, stopped.signal])
    const ping = pinger(rpc, clock, patience, signal)
    let seen = rpc.traffic.received
    while (!signal.aborted) {
      const nudged = Promise.withResolvers<boolean>()
      watched.set(rpc, () => nudged.resolve(true))
      const pause = new AbortController()
      const waiting = sleep(clock, silence, AbortSignal.any([signal, pause.signal])).then(
        () => false,
        () => false,
      )
      const asked = await Promise.race([nudged.promise, waiting])
      pause.abort()
      if (signal.aborted) break
      const quiet = rpc.traffic.received === seen
      seen = rpc.traffic.received
      if (!quiet && !asked) continue
      const answered = await ping()
      if (signal.aborted) break
      if (answered === false) await connections.disconnect(rpc.remote, 'the connection had died')
      if (answered === undefined) break
      seen = rpc.traffic.received
    }
    watched.delete(rpc)
  }

  const unsubscribe = connections.on((event) => {
    if (event.type === 'connected') void watch(event.rpc).catch(() => {})
  })
  return {
    check: () => [...watched.values()].forEach((nudge) => nudge()),
    [Symbol.dispose]() {
      unsubscribe()
      stopped.abort()
    },
  }
}

/** @returns a function that answers true (alive), false (dead) or undefined (the peer cannot be pinged) */
function pinger(
  rpc: Rpc,
  clock: Clock,
  patience: number,
  signal: AbortSignal,
): () => Promise<boolean | undefined> {
  let game: Volley | undefined
  let duplex = true
  let simple = true

  async function byVolley(): Promise<boolean | undefined> {
    game ??= volley(rpc.duplex(['gossip', 'ping'], [{ timeout: hold }], { signal }), clock)
    const before = rpc.traffic.received
    const answer = await within(
      game.serve().then(() => game?.next()),
      clock,
      patience,
      signal,
    )
    if (answer === 'late') return rpc.traffic.received !== before
    if (!game.ended) return true
    duplex = false
    return undefined
  }
  async function byCall(): Promise<boolean | undefined> {
    const before = rpc.traffic.received
    const answer = await within(
      rpc.call(['tunnel', 'ping'], [], { signal }),
      clock,
      patience,
      signal,
    )
    if (answer === 'late') return rpc.traffic.received !== before
    if (answer === 'failed') simple = false
    // Even a refusal came from a living peer.
    return true
  }
  return async () => {
    const answered = duplex ? await byVolley() : undefined
    if (answered !== undefined) return answered
    return simple && !signal.aborted ? byCall() : undefined
  }
}

interface Volley extends AsyncDisposable {
  /** Sends a timestamp that the other side is to return. Never rejects. */
  serve(): Promise<void>
  /** Resolves with the next body of the other side, or its end. */
  next(): Promise<void>
  readonly ended: boolean
  readonly over: Promise<void>
}

function volley(channel: Channel, clock: Clock): Volley {
  let serving = false
  let ended = false
  let waiting = Promise.withResolvers<void>()
  const over = (async () => {
    try {
      for await (const _ of channel.source) {
        const returned = serving
        serving = false
        waiting.resolve()
        waiting = Promise.withResolvers()
        // What answers our own ball is not returned again, else it would fly for ever.
        if (!returned) await channel.write(jsonBody(clock.now()))
      }
    } catch {
      // The peer does not know the method, or is gone: the end says so.
    }
    ended = true
    waiting.resolve()
  })()
  return {
    over,
    get ended() {
      return ended
    },
    next: () => (ended ? Promise.resolve() : waiting.promise),
    async serve() {
      serving = true
      await channel.write(jsonBody(clock.now())).catch(() => {})
    },
    async [Symbol.asyncDispose]() {
      await channel.end().catch(() => {})
    },
  }
}

async function within(
  work: Promise<unknown>,
  clock: Clock,
  ms: number,
  signal: AbortSignal,
): Promise<'done' | 'failed' | 'late'> {
  const stop = new AbortController()
  const late = sleep(clock, ms, AbortSignal.any([signal, stop.signal])).then(
    () => 'late' as const,
    () => 'failed' as const,
  )
  const done = work.then(
    () => 'done' as const,
    () => 'failed' as const,
  )
  const first = await Promise.race([done, late])
  stop.abort()
  return first
}
