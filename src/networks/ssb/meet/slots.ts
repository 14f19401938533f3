/** Places for incoming connections, bounded in all and for each host. */
import { isIPv6 } from 'node:net'

/** What all connections together may be. */
export type ConnectionLimits = {
  /** Connections that others made. */
  readonly incoming: number
  /** All connections; a dial that a person asked for may exceed it. */
  readonly total: number
  /** Incoming connections and handshakes from one host (or through one room). */
  readonly perHost: number
  /** Incoming handshakes under way. */
  readonly handshakes: number
  /** Milliseconds for a dial or an incoming handshake, until it is given up. */
  readonly patience: number
}

/** The limits that hold where nothing else is said. */
export const defaultLimits: ConnectionLimits = {
  incoming: 128,
  total: 192,
  perHost: 16,
  handshakes: 32,
  patience: 30_000,
}

/**
 * What counts as one host: an IPv4 address, the first half of an IPv6 address (one line has 2^64 of them), or a room.
 *
 * @param remote `net:host:port`, `tunnel:room:origin`
 */
export function hostOfRemote(remote: string): string {
  const host = remote.slice(0, Math.max(0, remote.lastIndexOf(':')))
  const address = host.replace(/^[a-z]+:/, '')
  if (!isIPv6(address) || /^::ffff:\d+\./i.test(address)) return host
  const [front = '', back] = address.split('::')
  const groups = front.split(':').filter(Boolean)
  const zeros = back === undefined ? 0 : 8 - groups.length - back.split(':').filter(Boolean).length
  return [...groups, ...Array.from({ length: zeros }, () => '0'), ...(back ?? '').split(':')]
    .slice(0, 4)
    .join(':')
}

/** @returns `take`, which answers the way to give the place back, or undefined when there is none */
export function openSlots(limits: { readonly total: number; readonly perHost: number }): {
  take(host: string): (() => void) | undefined
} {
  const used = new Map<string, number>()
  let total = 0
  return {
    take(host) {
      const here = used.get(host) ?? 0
      if (total >= limits.total || here >= limits.perHost) return undefined
      total++
      used.set(host, here + 1)
      let held = true
      return () => {
        if (!held) return
        held = false
        total--
        const left = (used.get(host) ?? 1) - 1
        if (left > 0) used.set(host, left)
        else used.delete(host)
      }
    },
  }
}
