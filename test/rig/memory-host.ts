/** A host in memory for tests of networks: real semantics, and strict, so that a network that errs is found. */
import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { systemClock, type Clock } from '#base/clock.ts'
import type { Deed } from '#model/deed.ts'
import { refKey, type Ref } from '#model/ref.ts'
import type { Blobs, Head, Host, Intake, Keys, NativeRecord, Tie } from '#network/host.ts'

/** What the test looks at beside what a network sees. */
export interface MemoryHost extends Host {
  /** Every deed that is kept, with whether its signature is checked. */
  readonly deeds: ReadonlyMap<string, { readonly deed: Deed; readonly checked: boolean }>
  /** Deeds whose triggers ran, in order. */
  readonly triggered: readonly Deed[]
  /** Every step that was stored. */
  readonly steps: readonly Intake[]
  /** Called before a step is stored; what it throws fails the step, and a promise holds it up. */
  before: (intake: Intake) => void | Promise<void>
}

/** The network did what no network may do. */
export class HostMisusedError extends Error {
  override name = 'HostMisusedError'
}

/** Makes an empty host. */
export function memoryHost(
  options: { readonly clock?: Clock; readonly keys?: ReadonlyMap<Ref, Keys> } = {},
): MemoryHost {
  const feeds = new Map<string, Feed>()
  const byId = new Map<string, NativeRecord>()
  const deeds = new Map<string, { deed: Deed; checked: boolean; record: string }>()
  const triggered: Deed[] = []
  const steps: Intake[] = []
  const state = new Map<string, Uint8Array>()
  let last: Promise<unknown> = Promise.resolve()

  function apply(intake: Intake): void {
    for (const { feed, sequence } of intake.dropped ?? []) drop(feed, sequence)
    for (const record of intake.records ?? []) keep(record)
    for (const deed of intake.provisional ?? []) {
      must(deed.kind === 'post' || deed.kind === 'message', `provisional ${deed.kind}`)
      add(deed, false)
    }
    for (const { feed, sequence } of intake.checked ?? []) {
      const known = feeds.get(feed)
      must(known !== undefined && sequence <= known.records.length, 'checked beyond what is stored')
      if (known) known.checked = Math.max(known.checked, sequence)
    }
    for (const deed of intake.confirmed ?? []) {
      const known = deeds.get(deedKey(deed))
      must(known !== undefined, 'confirmed a deed that is not here')
      mustBeChecked(deed)
      if (!known || known.checked) continue
      known.checked = true
      triggered.push(deed)
    }
    for (const deed of intake.deeds ?? []) {
      mustBeChecked(deed)
      if (add(deed, true)) triggered.push(deed)
    }
  }
  function keep(record: NativeRecord): void {
    if (byId.has(record.id)) return
    const feed = feeds.get(record.feed) ?? { records: [], checked: 0 }
    must(record.sequence === feed.records.length + 1, `gap in ${record.feed}: ${record.sequence}`)
    feed.records.push(record)
    feeds.set(record.feed, feed)
    byId.set(record.id, record)
  }
  function drop(id: string, sequence: number): void {
    const feed = feeds.get(id)
    must(!feed || sequence > feed.checked, 'dropped what was checked')
    for (const record of feed?.records.splice(sequence - 1) ?? []) {
      byId.delete(record.id)
      for (const [key, { record: of }] of deeds) if (of === record.id) deeds.delete(key)
    }
  }
  function add(deed: Deed, checked: boolean): boolean {
    if (deeds.has(deedKey(deed))) return false
    deeds.set(deedKey(deed), { deed, checked, record: deed.ref.id })
    return true
  }
  function mustBeChecked(deed: Deed): void {
    const record = byId.get(deed.ref.id)
    must(record !== undefined, 'a deed without its record')
    const checked = record ? (feeds.get(record.feed)?.checked ?? 0) : 0
    must((record?.sequence ?? 0) <= checked, 'a deed of a record that is not checked')
  }
  async function receive(intake: Intake): Promise<void> {
    await turn()
    await host.before(intake)
    apply(intake)
    steps.push(intake)
    await turn()
  }
  const host: MemoryHost = {
    deeds,
    triggered,
    steps,
    before: () => undefined,
    clock: options.clock ?? systemClock(),
    fetch: () => Promise.reject(new HostMisusedError('no fetch in this test')),
    changed: () => undefined,
    receive(intake) {
      const done = last.then(() => receive(intake))
      last = done.catch(() => undefined)
      return done
    },
    ties: async () => tiesOf([...deeds.values()].filter(({ checked }) => checked)),
    identities: async () => [...(options.keys?.keys() ?? [])],
    keys: async (ref) =>
      [...(options.keys ?? [])].find(([own]) => refKey(own) === refKey(ref))?.[1],
    records: {
      heads: async () => [...feeds].flatMap(([id, feed]) => headOf(id, feed)),
      head: async (id) => feeds.get(id) && headOf(id, feeds.get(id) as Feed)[0],
      async range(id, sequence, limit) {
        await turn()
        return feeds.get(id)?.records.slice(sequence - 1, sequence - 1 + limit) ?? []
      },
      get: async (id) => byId.get(id),
      keyed: async (key) => [...byId.values()].find((record) => record.key === key),
      async forget(id) {
        const feed = feeds.get(id)
        if (feed) feed.checked = 0
        drop(id, 1)
        feeds.delete(id)
      },
    },
    state: {
      get: async (key) => state.get(key),
      put: async (key, value) => void state.set(key, Uint8Array.from(value)),
      delete: async (key) => void state.delete(key),
      keys: async (prefix) => [...state.keys()].filter((key) => key.startsWith(prefix)).sort(),
    },
    blobs: memoryBlobs(),
  }
  return host
}

type Feed = { readonly records: NativeRecord[]; checked: number }

function must(holds: boolean, what: string): void {
  if (!holds) throw new HostMisusedError(what)
}

function headOf(feed: string, { records, checked }: Feed): Head[] {
  const newest = records.at(-1)
  return newest ? [{ feed, sequence: records.length, id: newest.id, checked }] : []
}

function deedKey(deed: Deed): string {
  return `${deed.kind} ${refKey(deed.ref)}`
}

function tiesOf(deeds: readonly { readonly deed: Deed }[]): Tie[] {
  const ties = new Map<string, Tie>()
  for (const { deed } of deeds) {
    if (deed.kind !== 'follow' && deed.kind !== 'block') continue
    const tie: Tie = { from: deed.actor.id, to: deed.whom.id, kind: deed.kind }
    const key = `${tie.from} ${tie.to} ${tie.kind}`
    if (deed.on) ties.set(key, tie)
    else ties.delete(key)
  }
  return [...ties.values()]
}

function memoryBlobs(): Blobs {
  const blobs = new Map<string, Uint8Array>()
  const nameOf = (hash: Uint8Array): string => Buffer.from(hash).toString('hex')
  return {
    has: async (hash) => blobs.has(nameOf(hash)),
    size: async (hash) => blobs.get(nameOf(hash))?.length,
    async open(hash, { start, end } = {}) {
      const bytes = blobs.get(nameOf(hash))?.subarray(start, end)
      return bytes && chunks(bytes)
    },
    async put(source, { expected, limit = Infinity } = {}) {
      const parts: Uint8Array[] = []
      let size = 0
      for await (const part of source) {
        size += part.length
        if (size > limit) throw new RangeError('the blob is too large')
        parts.push(part)
      }
      const bytes = Buffer.concat(parts)
      const hash = createHash('sha256').update(bytes).digest()
      if (expected && nameOf(expected) !== nameOf(hash)) throw new RangeError('another blob')
      blobs.set(nameOf(hash), bytes)
      return { hash, size }
    },
    delete: async (hash) => void blobs.delete(nameOf(hash)),
  }
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536)
}
