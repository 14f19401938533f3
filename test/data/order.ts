import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { refKey } from '#model/ref.ts'
import { adoptIdentities } from '#social/adopt.ts'
import { socialCore } from '#social/core.ts'
import type { Store } from '#store/store.ts'
import { seedOf } from '#rig/data-node.ts'
import type { Engine } from '#rig/engines.ts'
import { sampleIdentity } from '#rig/sample-network.ts'
import { checkedIntake, samplePerson, words, type Written } from '#rig/sample-people.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

/** Feeds come in their own order, but one before, after or between the others as peers happen to be met. */
export function orderSuite(engine: () => Engine): void {
  test('the same deeds in any order of feeds give the same tables', async () => {
    const expected = await stateAfter(engine(), [conversation()])
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.nat()), fc.nat(4), async (picks, size) => {
        const found = await stateAfter(engine(), shuffled(conversation(), picks, size + 1))
        assert.deepEqual(found, expected)
      }),
      { numRuns: 12, seed: 20_261_122 },
    )
  })
}

/** Whose node it is. */
export const me = sampleIdentity('sample', seedOf('a'))

/** Everything that can cross: threads, reactions taken back, follows, blocks, names, edits, messages. */
export function conversation(): Written[] {
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((who, i) =>
    samplePerson(who, 1_600_000_000_000 + i),
  )
  const root = b!.post('root')
  const mine = a!.post('mine', { root: root.ref, parent: root.ref })
  const answer = c!.post('answer', { root: root.ref, parent: mine.ref })
  const naming = { ...words('you'), mentions: [{ ref: me }], tags: ['tag'] }
  return [
    root,
    a!.write({ kind: 'follow', whom: b!.ref, on: true }),
    mine,
    answer,
    c!.write({ kind: 'react', of: mine.ref, emoji: '❤', on: true }),
    b!.write({ kind: 'react', of: mine.ref, emoji: '👍', on: true }),
    b!.write({ kind: 'react', of: mine.ref, emoji: '👍', on: false }),
    d!.write({
      kind: 'post',
      audience: 'public',
      content: naming,
      root: root.ref,
      parent: answer.ref,
    }),
    a!.write({ kind: 'follow', whom: c!.ref, on: true }),
    a!.write({ kind: 'block', whom: c!.ref, on: true }),
    a!.write({ kind: 'follow', whom: d!.ref, on: true }),
    d!.write({ kind: 'follow', whom: me, on: true }),
    d!.write({ kind: 'follow', whom: me, on: false }),
    b!.write({ kind: 'profile', of: b!.ref, name: 'B' }),
    c!.write({ kind: 'profile', of: b!.ref, name: 'not B', about: 'so they say' }),
    d!.write({ kind: 'profile', of: b!.ref, about: 'so others say' }),
    b!.write({ kind: 'edit', of: root.ref, content: words('root, corrected') }),
    c!.write({ kind: 'delete', of: answer.ref }),
    b!.write({ kind: 'message', content: words('psst'), to: [me, b!.ref] }),
    c!.write({ kind: 'subscribe', tag: 'tag', on: true }),
  ]
}

/** Interleaves the feeds by chance, each in its own order, and cuts the result into intakes. */
function shuffled(all: readonly Written[], picks: Iterator<number>, size: number): Written[][] {
  const lanes = [...Map.groupBy(all, ({ record }) => record.feed).values()]
  const batches: Written[][] = []
  let batch: Written[] = []
  while (lanes.length > 0) {
    const at = (picks.next().value as number) % lanes.length
    batch.push(lanes[at]!.shift()!)
    if (lanes[at]!.length === 0) lanes.splice(at, 1)
    if (batch.length < size && lanes.length > 0) continue
    batches.push(batch)
    batch = []
  }
  return batches
}

async function stateAfter(engine: Engine, batches: readonly (readonly Written[])[]) {
  const clock = virtualClock()
  await using store = await engine.fresh(clock)
  await adoptIdentities(store, [me], clock.now())
  const { receiver } = socialCore(store, clock)
  for (const batch of batches) await receiver.receive('sample', checkedIntake(...batch))
  return await dump(store)
}

/** The tables with refs in the place of local ids, in an order of their own. */
export async function dump({ read }: Store) {
  const people = new Map<number, string>()
  for (const { id, network, ref } of await read.selectFrom('identity').selectAll().execute()) {
    people.set(id, refKey({ network, id: ref }))
  }
  const copies = new Map<number | null, string | null>([[null, null]])
  for (const { id, ref } of await read.selectFrom('copy').selectAll().execute()) copies.set(id, ref)
  const copy = (id: number | null) => copies.get(id) ?? null
  const tables = {
    people: (await read.selectFrom('identity').selectAll().execute()).map((i) => [
      i.ref,
      i.name,
      i.about,
      i.local,
    ]),
    posts: (await read.selectFrom('post').selectAll().execute()).map((p) => [
      copy(p.copy_id),
      p.id,
      copy(p.root_id),
      copy(p.parent_id),
      p.content,
      p.deleted,
    ]),
    home: (await read.selectFrom('home').selectAll().execute()).map((h) => [h.post_id]),
    tags: (await read.selectFrom('tag').selectAll().execute()).map((t) => [t.tag, t.post_id]),
    reactions: (await read.selectFrom('reaction').selectAll().execute()).map((r) => [
      copy(r.copy_id),
      people.get(r.actor_id),
      r.emoji,
      r.active,
    ]),
    ties: (await read.selectFrom('tie').selectAll().execute()).map((t) => [
      people.get(t.from_id),
      t.kind,
      people.get(t.to_id),
      t.active,
    ]),
    notifications: (await read.selectFrom('notification').selectAll().execute()).map((n) => [
      n.kind,
      copy(n.subject_id),
      people.get(n.actor_id),
      n.id,
    ]),
    messages: (await read.selectFrom('message').selectAll().execute()).map((m) => [
      m.id,
      m.content,
    ]),
    feeds: (await read.selectFrom('feed').selectAll().execute()).map((f) => [
      people.get(f.identity_id),
      f.sequence,
      copy(f.head_id),
      f.checked,
      f.bytes,
    ]),
    subscriptions: (await read.selectFrom('subscription').selectAll().execute()).map((s) => [
      people.get(s.identity_id),
      s.tag,
      s.active,
    ]),
  }
  return Object.fromEntries(
    Object.entries(tables).map(([name, rows]) => [name, rows.map((r) => JSON.stringify(r)).sort()]),
  )
}
