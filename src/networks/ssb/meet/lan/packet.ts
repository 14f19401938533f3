/**
 * The two forms of a LAN announcement (ssb-lan 1.2; protocol guide, "Discovery").
 *
 * Port 26830: secretbox of `{"address":…}` under the network key (nonce: its first 24 bytes), then a 64-byte signature
 * over the same object as `JSON.stringify(value, null, 2)`. Port 8008: the plain multiserver address.
 */
import type { SsbKeys } from '#networks/ssb/identity.ts'
import type { MultiserverAddress } from '#networks/ssb/wire/multiserver-address.ts'
import { isObject } from '#base/json.ts'
import { sodium } from '#networks/ssb/sodium.ts'
import { readAddresses } from '#networks/ssb/meet/address.ts'
import { bytesOf } from '#networks/ssb/refs.ts'

/** What a packet says. */
type Announcement = {
  /** `@….ed25519` */
  readonly peer: string
  /** At least one address, all of this peer. */
  readonly addresses: readonly MultiserverAddress[]
  /** True when the peer signed it. */
  readonly verified: boolean
}

/** Why a packet says nothing. */
type BadPacket = { readonly bad: 'size' | 'sealed' | 'form' | 'signature' }

const signatureLength = 64
const tagLength = 16
/** An announcement is far smaller than what one Ethernet frame holds. */
const longest = 1_400

/**
 * Writes the sealed form.
 *
 * @param caps the network key, 32 bytes
 */
export function sealAnnouncement(address: string, keys: SsbKeys, caps: Uint8Array): Uint8Array {
  const text = Buffer.from(JSON.stringify({ address }))
  const packet = Buffer.alloc(tagLength + text.length + signatureLength)
  const box = packet.subarray(0, tagLength + text.length)
  sodium.crypto_secretbox_easy(box, text, caps.subarray(0, 24), caps)
  sodium.crypto_sign_detached(packet.subarray(box.length), signedBytes(address), keys.secretKey)
  return packet
}

/** Reads the sealed form; any bytes are allowed. */
export function openAnnouncement(packet: Uint8Array, caps: Uint8Array): Announcement | BadPacket {
  if (packet.length <= tagLength + signatureLength || packet.length > longest)
    return { bad: 'size' }
  const box = packet.subarray(0, packet.length - signatureLength)
  const text = Buffer.alloc(box.length - tagLength)
  if (!sodium.crypto_secretbox_open_easy(text, box, caps.subarray(0, 24), caps))
    return { bad: 'sealed' }
  const address = addressIn(text)
  const said = address === undefined ? undefined : announcementOf(address, true)
  if (address === undefined || !said) return { bad: 'form' }
  const signature = packet.subarray(box.length)
  const verified = sodium.crypto_sign_verify_detached(
    signature,
    signedBytes(address),
    bytesOf(said.peer),
  )
  return verified ? said : { bad: 'signature' }
}

/** Writes the legacy form. */
export function plainAnnouncement(address: string): Uint8Array {
  return Buffer.from(address)
}

/** Reads the legacy form; any bytes are allowed. */
export function readPlainAnnouncement(packet: Uint8Array): Announcement | BadPacket {
  if (packet.length === 0 || packet.length > longest) return { bad: 'size' }
  return announcementOf(Buffer.from(packet).toString(), false) ?? { bad: 'form' }
}

function announcementOf(text: string, verified: boolean): Announcement | undefined {
  const all = readAddresses(text)
  const peer = all[0]?.peer
  // Only what can be dialled on a LAN, and only of the one peer that speaks.
  const addresses = all.filter((address) => address.peer === peer && address.transport === 'net')
  return peer && addresses.length > 0 ? { peer, addresses, verified } : undefined
}

function addressIn(text: Buffer): string | undefined {
  try {
    const value: unknown = JSON.parse(text.toString())
    return isObject(value) && typeof value['address'] === 'string' ? value['address'] : undefined
  } catch {
    return undefined
  }
}

function signedBytes(address: string): Buffer {
  return Buffer.from(JSON.stringify({ address }, null, 2))
}
