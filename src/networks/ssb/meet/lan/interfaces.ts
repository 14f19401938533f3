/** The machine's IPv4 networks: where to announce, and which addresses are local. IPv6 ones are left aside on purpose (broadcast is IPv4's). */
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os'

/** One IPv4 network that this machine is part of. */
export type LocalNetwork = {
  /** Our address in it. */
  readonly address: string
  /** Where everybody in it hears us. */
  readonly broadcast: string
}

/** Reads the interfaces. Node's list in tests, the machine's otherwise. */
export function localNetworks(
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): readonly LocalNetwork[] {
  const found: LocalNetwork[] = []
  for (const infos of Object.values(interfaces)) {
    for (const info of infos ?? []) {
      if (info.family !== 'IPv4' || !isLocalAddress(info.address)) continue
      const broadcast = broadcastOf(info.address, info.netmask)
      if (broadcast) found.push({ address: info.address, broadcast })
    }
  }
  return found
}

/** True for loopback, private (RFC 1918), link-local and carrier-grade (RFC 6598) IPv4, loopback, unique local and link-local IPv6. */
export function isLocalAddress(text: string): boolean {
  const address = text.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '')
  const parts = address.split('.').map(Number)
  const [a = -1, b = -1] = parts
  if (
    parts.length === 4 &&
    parts.every((part) => Number.isInteger(part) && part >= 0 && part < 256)
  ) {
    return (
      a === 10 ||
      a === 127 ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254) ||
      (a === 100 && b >= 64 && b < 128)
    )
  }
  return (
    address === '::1' || /^f[cd][0-9a-f]{2}:/.test(address) || /^fe[89ab][0-9a-f]:/.test(address)
  )
}

/** A point-to-point network (/31, /32) has no broadcast address. */
function broadcastOf(address: string, netmask: string): string | undefined {
  const mask = toNumber(netmask)
  if (mask >= 0xff_ff_ff_fe) return undefined
  const number = (toNumber(address) | ~mask) >>> 0
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
}

function toNumber(address: string): number {
  return address.split('.').reduce((number, part) => ((number << 8) | Number(part)) >>> 0, 0)
}
