/** Finds out whether a peer is a room (Rooms 2, "Metadata API"; Rooms 1: `tunnel.isRoom`), and says whether we are in it. */
import { isObject, type Json } from '#base/json.ts'
import type { Rpc } from '#networks/ssb/wire/rpc.ts'

/** What a room says of itself. */
export type RoomMetadata = {
  readonly version: 1 | 2
  readonly name?: string
  readonly description?: string
  /** True when we are a member; rooms of version 1 have none. */
  readonly member: boolean
  readonly features: ReadonlySet<string>
}

const patience = 15_000

/** Asks the peer; undefined when it is not a room (or does not answer in time). */
export async function askRoomMetadata(
  rpc: Rpc,
  signal: AbortSignal,
): Promise<RoomMetadata | undefined> {
  const options = { signal, timeout: patience }
  const second = await rpc.call(['room', 'metadata'], [], options).catch(() => undefined)
  if (isObject(second)) return readSecond(second)
  if (signal.aborted) return undefined
  const first = await rpc.call(['tunnel', 'isRoom'], [], options).catch(() => undefined)
  return readFirst(first)
}

/** Tells the room that others may reach us through it. Watching who is there says so too in most rooms, but not in all. */
export async function announce(rpc: Rpc, signal: AbortSignal): Promise<void> {
  await rpc.call(['tunnel', 'announce'], [], { signal, timeout: patience }).catch(() => {})
}

/** Tells the room that we are gone, while the connection stays. */
export async function leave(rpc: Rpc, signal: AbortSignal): Promise<void> {
  await rpc.call(['tunnel', 'leave'], [], { signal, timeout: patience }).catch(() => {})
}

function readSecond(value: { readonly [key: string]: Json }): RoomMetadata | undefined {
  const features = Array.isArray(value['features']) ? value['features'] : []
  const names = features.filter((feature) => typeof feature === 'string').slice(0, 32)
  return {
    version: 2,
    ...texts(value),
    member: value['membership'] === true,
    features: new Set(names),
  }
}

function readFirst(value: Json | undefined): RoomMetadata | undefined {
  if (value === true) return { version: 1, member: false, features: new Set(['room1', 'tunnel']) }
  if (!isObject(value)) return undefined
  return { version: 1, ...texts(value), member: false, features: new Set(['room1', 'tunnel']) }
}

function texts(value: { readonly [key: string]: Json }): { name?: string; description?: string } {
  const { name, description } = value
  return {
    ...(typeof name === 'string' && name ? { name: name.slice(0, 200) } : {}),
    ...(typeof description === 'string' && description
      ? { description: description.slice(0, 1_000) }
      : {}),
  }
}
