/** Addresses of stored media: signed, because pictures in an app are asked for without its token. */
import { createHmac, timingSafeEqual } from 'node:crypto'

/** Where the stored file of that hash is served; 64 hexadecimal digits. */
export function mediaAddress(key: Uint8Array, origin: string, hash: string): string {
  return `${origin}/media/${hash}/${sign(key, hash)}`
}

/** Did we make this address? */
export function isMediaAddress(key: Uint8Array, hash: string, signature: string): boolean {
  const [given, right] = [Buffer.from(signature), Buffer.from(sign(key, hash))]
  return (
    /^[0-9a-f]{64}$/.test(hash) && given.length === right.length && timingSafeEqual(given, right)
  )
}

function sign(key: Uint8Array, hash: string): string {
  return createHmac('sha256', key).update(`media ${hash}`).digest('base64url').slice(0, 22)
}
