/** Who is in a room now (Rooms 2, `room.attendants`; Rooms 1, `tunnel.endpoints`). */
import { isObject } from '#base/json.ts'
import { isFeedId } from '#networks/ssb/refs.ts'
import type { Body, Rpc } from '#networks/ssb/wire/rpc.ts'

/** One change; `state` is everybody, and replaces what was known. */
export type Attendance =
  | { readonly type: 'state'; readonly ids: readonly string[] }
  | { readonly type: 'joined' | 'left'; readonly id: string }

/** More attendants than this are not listed. */
const most = 1_000

/** The changes, until the room or the signal ends them. Subscribing also announces us. @throws what the room answers */
export async function* attendance(
  rpc: Rpc,
  version: 1 | 2,
  signal: AbortSignal,
): AsyncIterable<Attendance> {
  const name = version === 2 ? ['room', 'attendants'] : ['tunnel', 'endpoints']
  for await (const body of rpc.source(name, [], { signal })) {
    const change = version === 2 ? readChange(body) : readEndpoints(body)
    // What is malformed says nothing; the next state puts it right.
    if (change) yield change
  }
}

/** Applies a change to the set; the answer says who came and who went. */
export function attend(
  present: Set<string>,
  change: Attendance,
): { readonly came: readonly string[]; readonly went: readonly string[] } {
  if (change.type === 'left')
    return { came: [], went: present.delete(change.id) ? [change.id] : [] }
  const ids = change.type === 'state' ? change.ids.slice(0, most) : [change.id]
  const went = change.type === 'state' ? [...present].filter((id) => !ids.includes(id)) : []
  for (const id of went) present.delete(id)
  const came = ids.filter((id) => !present.has(id) && present.size < most && present.add(id))
  return { came, went }
}

function readChange(body: Body): Attendance | undefined {
  const value = parse(body)
  if (!isObject(value)) return undefined
  const { type, id, ids } = value
  if (type === 'state' && Array.isArray(ids)) return { type, ids: unique(ids) }
  if ((type === 'joined' || type === 'left') && isFeedId(id)) return { type, id }
  return undefined
}

function readEndpoints(body: Body): Attendance | undefined {
  const value = parse(body)
  return Array.isArray(value) ? { type: 'state', ids: unique(value) } : undefined
}

function unique(ids: readonly unknown[]): readonly string[] {
  return [...new Set(ids.slice(0, most).filter(isFeedId))]
}

function parse(body: Body): unknown {
  try {
    return JSON.parse(Buffer.from(body.bytes).toString())
  } catch {
    return undefined
  }
}
