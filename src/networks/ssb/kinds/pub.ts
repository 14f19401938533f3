/** `pub`: somebody announces the address of a server. No deed, a way to meet. */
import { isObject, type Json } from '#base/json.ts'
import { type Found, NOTHING, type Reading } from '#networks/ssb/kinds/reading.ts'
import { isFeedId, recognise } from '#networks/ssb/refs.ts'

/** Reads an announcement. */
export function readPub({ content }: Reading): Found {
  const address = addressIn(content['address'])
  if (address === undefined || recognise(address)?.what !== 'address') return NOTHING
  return { deeds: [], announces: address }
}

function addressIn(value: Json | undefined): string | undefined {
  if (typeof value === 'string') return value.trim()
  if (!isObject(value)) return undefined
  const { host, port = 8008, key } = value
  if (typeof host !== 'string' || !isFeedId(key)) return undefined
  const number = Number(port)
  if (!Number.isInteger(number) || number < 1 || number > 65_535) return undefined
  return `${host.trim()}:${number}:${key}`
}
