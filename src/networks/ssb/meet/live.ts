/** What the set of connections keeps of each peer, and which of two connections to one peer stays. */
import type { PeerStatus } from '#network/network.ts'
import type { Rpc } from '#networks/ssb/wire/rpc.ts'

/** A live connection; `release` gives its place back, `why` is our own reason for its end. */
export type Live = {
  readonly rpc: Rpc
  readonly via: string
  readonly since: number
  readonly release: () => void
  why?: string
}

/** A dial under way. */
export type Dialling = {
  readonly address: string
  readonly via: string
  readonly since: number
  readonly result: Promise<Rpc>
}

/** Two connections made within so many milliseconds of each other are simultaneous. */
const together = 10_000

/**
 * The rule for two connections to one peer: true when the older one stays.
 *
 * @param own our feed id
 */
export function keepOld(old: Live, fresh: Live, own: string): boolean {
  if (old.rpc.outgoing === fresh.rpc.outgoing) return false
  if (fresh.since - old.since > together) return false
  const oldDialler = old.rpc.outgoing ? own : old.rpc.remote
  const freshDialler = fresh.rpc.outgoing ? own : fresh.rpc.remote
  return oldDialler < freshDialler
}

/** Waits for somebody else's dial without being bound to their signal alone. */
export async function joined(result: Promise<Rpc>, signal: AbortSignal): Promise<Rpc> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([result, promise])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** A live connection as people see it. */
export function liveStatus({ rpc, via, since }: Live): PeerStatus {
  const { received, sent } = rpc.traffic
  return { id: rpc.remote, address: rpc.address, via, state: 'connected', since, received, sent }
}

/** A dial under way as people see it. */
export function diallingStatus([id, { address, via, since }]: [string, Dialling]): PeerStatus {
  return { id, address, via, state: 'connecting', since, received: 0, sent: 0 }
}
