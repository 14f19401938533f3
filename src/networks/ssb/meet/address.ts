/** Addresses as this folder needs them: text in the address book, parsed for carriers, legacy forms from people. */
import type { MultiserverAddress } from '#networks/ssb/wire/multiserver-address.ts'
import { formatAddress, parseAddresses } from '#networks/ssb/wire/multiserver-address.ts'

/** The addresses that a text names (several joined with `;`, or the legacy form); empty when it names none. */
export function readAddresses(text: string): readonly MultiserverAddress[] {
  const addresses = parseAddresses(text.trim())
  return 'invalid' in addresses ? [] : addresses
}

/** `net:host:port` of a peer. */
export function netAddress(host: string, port: number, peer: string): MultiserverAddress {
  return { transport: host.endsWith('.onion') ? 'onion' : 'net', parts: [host, String(port)], peer }
}

/** `tunnel:room:target` of a peer that a room connects us to. */
export function tunnelAddress(room: string, target: string): MultiserverAddress {
  return { transport: 'tunnel', parts: [room, target], peer: target }
}

/** The text of an address, without an invite's seed. */
export function addressText({ transport, parts, peer }: MultiserverAddress): string {
  return formatAddress({ transport, parts, peer })
}

/** The host part of a `net` address, or undefined. */
export function hostOf(address: MultiserverAddress): string | undefined {
  return address.transport === 'net' ? address.parts.slice(0, -1).join(':') : undefined
}
