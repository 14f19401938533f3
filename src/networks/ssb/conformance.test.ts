import assert from 'node:assert/strict'
import type { Deed, Draft } from '#model/deed.ts'
import type { Content } from '#model/content.ts'
import type { Ref } from '#model/ref.ts'
import { conformance, type Instance } from '#network/conformance.ts'
import type { NativeRecord } from '#network/host.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { openNetwork } from '#networks/ssb/network.ts'
import { ssbRef } from '#networks/ssb/refs.ts'
import { ssbSettings, type SsbSettings } from '#networks/ssb/settings.ts'
import { memoryHost } from '#rig/memory-host.ts'

const defaults = Object.fromEntries(ssbSettings.map((row) => [row.name, row.parse(row.default)]))
const settings = {
  ...defaults,
  'ssb-host': '127.0.0.1',
  'ssb-port': 0,
  'ssb-lan': false,
  'ssb-threads': 0,
} as SsbSettings

let last = 0

async function open(): Promise<Instance> {
  const seed = new Uint8Array(32).fill(++last)
  const me = ssbRef(keysOf(seed).id)
  const host = memoryHost({ keys: new Map([[me, { seed, fresh: true }]]) })
  let changed = Promise.withResolvers<void>()
  const receive = host.receive.bind(host)
  const network = openNetwork(
    {
      ...host,
      async receive(intake) {
        await receive(intake)
        changed.resolve()
        changed = Promise.withResolvers()
      },
    },
    settings,
  )
  await network.start(AbortSignal.timeout(60_000))
  return {
    network,
    me,
    deeds: () => host.triggered,
    records: () => host.steps.flatMap(({ records }) => records ?? []),
    changed: () => changed.promise,
    [Symbol.asyncDispose]: () => network[Symbol.asyncDispose](),
  }
}

async function introduce(a: Instance, b: Instance): Promise<void> {
  const signal = AbortSignal.timeout(20_000)
  const at = 1_700_000_000_000
  await a.network.send(
    { kind: 'follow', actor: a.me, whom: b.me, on: true, at },
    '',
    `meet ${b.me.id}`,
    signal,
  )
  await b.network.send(
    { kind: 'follow', actor: b.me, whom: a.me, on: true, at },
    '',
    `meet ${a.me.id}`,
    signal,
  )
  const address = a.network.status().addresses[0]
  assert.ok(address)
  await b.network.actions['connect']?.run({ address }, signal)
}

function content(body: string, more: Partial<Content> = {}): Content {
  return { text: { format: 'markdown', body }, mentions: [], tags: [], attachments: [], ...more }
}

function samples(me: Ref, other: Ref, post: Ref): readonly Draft[] {
  const common = { actor: me, at: 1_700_000_000_000 }
  return [
    { ...common, kind: 'post', audience: 'public', content: content('first') },
    {
      ...common,
      kind: 'post',
      audience: 'public',
      content: content('answer', { warning: 'loud' }),
      root: post,
      parent: post,
    },
    { ...common, kind: 'message', to: [other, me], content: content('between us') },
    { ...common, kind: 'profile', of: me, name: 'Ada', about: 'numbers' },
    { ...common, kind: 'react', of: post, emoji: '❤', on: true },
    { ...common, kind: 'react', of: post, emoji: '❤', on: false },
    { ...common, kind: 'follow', whom: other, on: true },
    { ...common, kind: 'block', whom: other, on: true },
    { ...common, kind: 'subscribe', tag: 'gardening', on: true },
  ]
}

/** Changes one character of the signature, in its canonical form. */
function spoil(record: NativeRecord): NativeRecord {
  const text = Buffer.from(record.bytes).toString()
  const at = text.indexOf('"signature":"') + '"signature":"'.length
  const other = text[at] === 'A' ? 'B' : 'A'
  return { ...record, bytes: Buffer.from(text.slice(0, at) + other + text.slice(at + 1)) }
}

conformance('Scuttlebutt', {
  open,
  introduce,
  samples,
  spoil,
  unsupported: (me, post): Draft<Deed> => ({ kind: 'share', actor: me, of: post, at: 1 }),
})
