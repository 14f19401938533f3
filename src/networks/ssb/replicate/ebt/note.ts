/** Notes and clocks of EBT version 3 (protocol guide, "Epidemic broadcast trees"; ssbc/epidemic-broadcast-trees v3). */
import { isObject } from '#base/json.ts'
import { isFeedId } from '#networks/ssb/refs.ts'
import type { Body } from '#networks/ssb/wire/rpc.ts'

/** What one side says of one feed. */
export type Note = {
  /** Newest sequence it has; -1: it does not replicate the feed. */
  readonly sequence: number
  /** True: send me what comes after it. */
  readonly receive: boolean
}

/** A clock of a peer, as far as it makes sense. */
export type Clock = {
  readonly notes: ReadonlyMap<string, Note>
  /** Entries that no peer of sound mind sends; keys that are no feed ids are not among them (old peers do). */
  readonly bad: number
}

/** Other stacks count in 32 bits. */
const HIGHEST = 2 ** 31 - 1

/** Entries of one body: about 270 kB, and a peer's biggest body is never smaller. */
const PARTITION = 4_000

export function encodeNote({ sequence, receive }: Note): number {
  return sequence < 0 ? -1 : sequence * 2 + (receive ? 0 : 1)
}

/** Reads a note; undefined when it is none. */
export function decodeNote(value: unknown): Note | undefined {
  if (value === -1) return { sequence: -1, receive: false }
  if (!Number.isInteger(value)) return undefined
  const note = value as number
  if (note < 0 || note > HIGHEST) return undefined
  return { sequence: note >>> 1, receive: (note & 1) === 0 }
}

/** The bodies that carry these notes: one, empty, when there are none. */
export function encodeClock(notes: Iterable<readonly [string, Note]>): Body[] {
  const bodies: Body[] = []
  let part: string[] = []
  const close = (): void => {
    bodies.push({ type: 'json', bytes: Buffer.from(`{${part.join(',')}}`) })
    part = []
  }
  for (const [feed, note] of notes) {
    part.push(`"${feed}":${encodeNote(note)}`)
    if (part.length === PARTITION) close()
  }
  if (part.length > 0 || bodies.length === 0) close()
  return bodies
}

/** Reads a clock; undefined when the bytes are no JSON object. Takes `{"clock":{…}}` too, as other stacks do. */
export function decodeClock(bytes: Uint8Array): Clock | undefined {
  const value = parse(bytes)
  if (!isObject(value)) return undefined
  const clock = isObject(value['clock']) ? value['clock'] : value
  const notes = new Map<string, Note>()
  let bad = 0
  for (const feed of Object.keys(clock)) {
    if (!isFeedId(feed)) continue
    const note = decodeNote(clock[feed])
    if (note) notes.set(feed, note)
    else bad++
  }
  return { notes, bad }
}

/** Tells a message from a clock without parsing: a message starts with its `previous`, a clock with a feed id. */
export function isMessage({ type, bytes }: Body): boolean {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(64, bytes.length))
  return type === 'json' && start.includes(PREVIOUS)
}

const PREVIOUS = Buffer.from('"previous"')

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString())
  } catch {
    return undefined
  }
}
