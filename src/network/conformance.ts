/**
 * What every network must show, whatever wire it speaks: each network's tests call `conformance` with their own set-up.
 * The shape follows libp2p's compliance tests: one suite, many implementations.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deed, DeedKind, Draft } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'
import type { NativeRecord } from '#network/host.ts'
import type { Network } from '#network/network.ts'

/** One running copy of the network under test, with an identity of its own. */
export interface Instance extends AsyncDisposable {
  readonly network: Network
  readonly me: Ref
  /** Checked deeds that reached the host, in order. */
  readonly deeds: () => readonly Deed[]
  /** Native records that reached the host, in order. */
  readonly records: () => readonly NativeRecord[]
  /** Resolves when something new reached the host. */
  changed(): Promise<void>
}

/** What a network brings to the suite. */
export type Subject = {
  /** Starts a copy; all copies of one test can reach each other. */
  open(): Promise<Instance>
  /** Makes deeds of each reach the other. */
  introduce(a: Instance, b: Instance): Promise<void>
  /** At least one draft for every kind the network can carry. */
  samples(me: Ref, other: Ref, post: Ref): readonly Draft[]
  /** A draft that it cannot carry. */
  readonly unsupported: (me: Ref, post: Ref) => Draft
  /** The same record with a signature that does not fit. */
  spoil(record: NativeRecord): NativeRecord
}

const signal = (): AbortSignal => AbortSignal.timeout(20_000)

/** Declares the suite's tests under `title`. */
export function conformance(title: string, subject: Subject): void {
  test(`${title} carries every kind of deed it says it can, and back`, async () => {
    await using a = await subject.open()
    await using b = await subject.open()
    const post = await sendSample(
      a,
      { ...note(a.me, 'a root'), kind: 'post', audience: 'public' },
      'root',
    )
    const seen = new Set<DeedKind>()
    for (const [index, draft] of subject.samples(a.me, b.me, post).entries()) {
      const ref = await sendSample(a, draft, `sample ${index}`)
      const record = a.records().find((candidate) => candidate.id === ref.id)
      assert.ok(record, `no record for the ${draft.kind}`)
      // A record may say more than was asked; it must say what was asked.
      const decoded = (await a.network.decode(record)).find(({ kind }) => kind === draft.kind)
      assert.deepEqual(decoded, { ...draft, ref, at: decoded?.at })
      seen.add(draft.kind)
    }
    assert.deepEqual([...seen].toSorted(), [...a.network.abilities.deeds].toSorted())
  })

  test(`${title} sends a deed once, however often it is asked with one key`, async () => {
    await using a = await subject.open()
    const draft: Draft = { ...note(a.me, 'only once'), kind: 'post', audience: 'public' }
    const first = await sendSample(a, draft, 'a key')
    assert.deepEqual(await sendSample(a, draft, 'a key'), first)
    assert.equal(a.records().filter((record) => record.id === first.id).length, 1)
  })

  test(`${title} finds a wrong signature`, async () => {
    await using a = await subject.open()
    const ref = await sendSample(
      a,
      { ...note(a.me, 'signed'), kind: 'post', audience: 'public' },
      'key',
    )
    const record = a.records().find((candidate) => candidate.id === ref.id)
    assert.ok(record)
    assert.equal(await a.network.verify(record), undefined)
    assert.equal(typeof (await a.network.verify(subject.spoil(record))), 'string')
  })

  test(`${title} says that it cannot carry what it cannot carry`, async () => {
    await using a = await subject.open()
    const ref = await sendSample(
      a,
      { ...note(a.me, 'to share'), kind: 'post', audience: 'public' },
      'key',
    )
    const before = a.records().length
    const target = (await a.network.targets(subject.unsupported(a.me, ref)))[0] ?? ''
    const delivery = await a.network.send(
      subject.unsupported(a.me, ref),
      target,
      'other key',
      signal(),
    )
    assert.equal(delivery.outcome, 'unsupported')
    assert.equal(a.records().length, before)
  })

  test(`${title} brings a post from one copy to another`, async () => {
    await using a = await subject.open()
    await using b = await subject.open()
    await subject.introduce(a, b)
    const ref = await sendSample(
      a,
      { ...note(a.me, 'hello there'), kind: 'post', audience: 'public' },
      'key',
    )
    const deed = await arrival(b, (candidate) => candidate.ref.id === ref.id)
    assert.equal(deed.kind === 'post' && deed.content.text.body, 'hello there')
  })

  test(`${title} keeps a private message from a third`, async () => {
    await using a = await subject.open()
    await using b = await subject.open()
    await using c = await subject.open()
    if (a.network.abilities.maxRecipients < 2) return
    await subject.introduce(a, b)
    await subject.introduce(a, c)
    const secret: Draft = { ...note(a.me, 'between us'), kind: 'message', to: [a.me, b.me] }
    const ref = await sendSample(a, secret, 'secret')
    const after = await sendSample(
      a,
      { ...note(a.me, 'public'), kind: 'post', audience: 'public' },
      'key',
    )
    const deed = await arrival(b, (candidate) => candidate.ref.id === ref.id)
    assert.equal(deed.kind, 'message')
    await arrival(c, (candidate) => candidate.ref.id === after.id)
    assert.ok(c.deeds().every((candidate) => candidate.ref.id !== ref.id))
    assert.ok(!c.records().some((record) => Buffer.from(record.bytes).includes('between us')))
  })
}

function note(
  actor: Ref,
  body: string,
): Omit<Extract<Draft, { kind: 'post' }>, 'kind' | 'audience'> {
  const text = { format: 'markdown' as const, body }
  return {
    actor,
    at: 1_700_000_000_000,
    content: { text, mentions: [], tags: [], attachments: [] },
  }
}

async function sendSample(instance: Instance, draft: Draft, key: string): Promise<Ref> {
  const [target] = await instance.network.targets(draft)
  const delivery = await instance.network.send(draft, target ?? '', key, signal())
  assert.equal(delivery.outcome, 'sent', 'why' in delivery ? delivery.why : '')
  assert.ok(delivery.outcome === 'sent')
  return delivery.ref
}

async function arrival(instance: Instance, wanted: (deed: Deed) => boolean): Promise<Deed> {
  const limit = signal()
  for (;;) {
    const found = instance.deeds().find(wanted)
    if (found) return found
    limit.throwIfAborted()
    await Promise.race([instance.changed(), aborted(limit)])
  }
}

function aborted(limit: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    limit.addEventListener('abort', () => reject(limit.reason), { once: true })
  })
}
