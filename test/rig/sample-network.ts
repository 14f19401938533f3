/**
 * A small honest network for tests: every identity has one feed of records, each signed by a hash over its secret. Nodes of
 * one `SampleWire` hear each other's records at once; a node that is cut off hears them when it is joined again.
 */
import { createHash, createHmac } from 'node:crypto'
import type { Deed, DeedKind, Draft } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'
import type { Abilities } from '#network/abilities.ts'
import type { Host, NativeRecord } from '#network/host.ts'
import type { Delivery, Network } from '#network/network.ts'

/** What connects sample networks: every record that was sent, in order, and who listens. */
export type SampleWire = {
  readonly sent: NativeRecord[]
  readonly listeners: Set<(record: NativeRecord) => Promise<void>>
}

/** An empty wire. */
export function sampleWire(): SampleWire {
  return { sent: [], listeners: new Set() }
}

export type SampleOptions = {
  readonly wire?: SampleWire
  /** Another name makes another network. */
  readonly name?: string
  readonly abilities?: Partial<Abilities>
  /** Answers instead of sending, as long as it gives an answer. */
  readonly answer?: (deed: Draft, target: string) => Delivery | undefined
  /** Where deeds go; everywhere by itself where absent. */
  readonly targets?: readonly string[]
}

/** The network, with what tests look at. */
export interface SampleNetwork extends Network {
  /** Keys that `send` was called with. */
  readonly keys: readonly string[]
}

const DEEDS: readonly DeedKind[] = [
  'post',
  'message',
  'react',
  'follow',
  'block',
  'subscribe',
  'profile',
]

const ABILITIES: Abilities = {
  deeds: new Set(DEEDS),
  maxText: 8000,
  maxRecipients: 7,
  maxBlob: 5 * 1024 * 1024,
  canForget: false,
  offline: true,
}

/** Makes a sample network for one host. */
export function sampleNetwork(host: Host, options: SampleOptions = {}): SampleNetwork {
  const name = options.name ?? 'sample'
  const wire = options.wire ?? sampleWire()
  const keys: string[] = []
  let last: Promise<unknown> = Promise.resolve()
  const hear = async (record: NativeRecord): Promise<void> => {
    if (await host.records.get(record.id)) return
    const deeds = decode(record)
    await host.receive({ records: [record], deeds, checked: [placeOf(record)] })
  }
  const write = async (draft: Draft, key: string): Promise<Delivery> => {
    const known = await host.records.keyed?.(key)
    if (known) return { outcome: 'sent', ref: { network: name, id: known.id } }
    const seed = (await host.keys(draft.actor))?.seed
    if (!seed) return { outcome: 'refused', why: 'This identity has no key here.' }
    const sequence = ((await host.records.head(draft.actor.id))?.sequence ?? 0) + 1
    const record = sign(draft, sequence, seed)
    const intake = {
      records: [{ ...record, key }],
      deeds: decode(record),
      checked: [placeOf(record)],
    }
    await host.receive(intake)
    wire.sent.push(record)
    for (const listener of wire.listeners) if (listener !== hear) await listener(record)
    return { outcome: 'sent', ref: { network: name, id: record.id } }
  }
  return {
    name,
    title: `The ${name} network`,
    keys,
    abilities: { ...ABILITIES, ...options.abilities },
    recognise: (text) => recognise(name, text),
    display: (ref) => ({ handle: `@${ref.id.slice(name.length + 2, name.length + 8)}` }),
    identityOf: (seed) => sampleIdentity(name, seed),
    decode: async (record) => decode(record),
    verify: async (record) => verify(record),
    targets: async () => options.targets ?? [''],
    async send(deed, target, key, signal) {
      signal.throwIfAborted()
      keys.push(key)
      const answer = options.answer?.(deed, target)
      if (answer) return answer
      // One after the other: two records must not take the same place.
      const result = last.then(() => write(deed, key))
      last = result.catch(() => {})
      return await result
    },
    async start() {
      wire.listeners.add(hear)
      for (const record of wire.sent) await hear(record)
    },
    status: () => ({ addresses: [], peers: [], progress: [], counters: {} }),
    actions: {},
    async [Symbol.asyncDispose]() {
      wire.listeners.delete(hear)
      await last
    },
  }
}

/** The identity that a seed gives in a sample network. */
export function sampleIdentity(network: string, seed: Uint8Array): Ref {
  return { network, id: `${network}:@${hashOf(seed)}` }
}

/** A record as an identity with this seed would write it. */
export function sampleRecord(draft: Draft, sequence: number, seed: Uint8Array): NativeRecord {
  return sign(draft, sequence, seed)
}

/** The deeds of a sample record. */
export function sampleDeeds(record: NativeRecord): readonly Deed[] {
  return decode(record)
}

type Body = { readonly draft: Draft; readonly sequence: number; readonly mark: string }

function sign(draft: Draft, sequence: number, seed: Uint8Array): NativeRecord {
  const mark = createHmac('sha256', seed)
    .update(JSON.stringify([draft, sequence]))
    .digest('hex')
  const bytes = Buffer.from(JSON.stringify({ draft, sequence, mark } satisfies Body))
  const id = `${draft.actor.network}:%${hashOf(bytes)}`
  return { id, feed: draft.actor.id, sequence, bytes }
}

function decode(record: NativeRecord): readonly Deed[] {
  const { draft } = JSON.parse(Buffer.from(record.bytes).toString()) as Body
  const ref: Ref = { network: draft.actor.network, id: record.id }
  return [{ ...draft, ref } as Deed]
}

function verify(record: NativeRecord): string | undefined {
  const network = record.id.slice(0, record.id.indexOf(':'))
  if (record.id !== `${network}:%${hashOf(record.bytes)}`) return 'the id is not that of the bytes'
  return undefined
}

function recognise(network: string, text: string) {
  const match = /^([a-z]+):([@%&])[0-9a-f]{64}$/.exec(text)
  if (!match || match[1] !== network) return undefined
  const what = match[2] === '@' ? 'person' : match[2] === '%' ? 'post' : 'blob'
  return { ref: { network, id: text }, what } as const
}

function placeOf({ feed, sequence = 0 }: NativeRecord) {
  return { feed, sequence }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
