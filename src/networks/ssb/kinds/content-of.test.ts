import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Attachment, Content } from '#model/content.ts'
import type { Deed, Draft } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'
import { abilities } from '#networks/ssb/abilities.ts'
import { createMessage } from '#networks/ssb/feed/create-message.ts'
import { seal, unseal } from '#networks/ssb/feed/private-box.ts'
import { contentOf } from '#networks/ssb/kinds/content-of.ts'
import { deedsOf } from '#networks/ssb/kinds/deeds-of.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { blobIdOf, bytesOf, messageIdOf, ssbRef } from '#networks/ssb/refs.ts'

const people = Array.from({ length: 8 }, (_, index) => keysOf(Buffer.alloc(32, index + 1)))
const me = people[0] ?? keysOf(Buffer.alloc(32))
const actor = ssbRef(me.id)
const mastodon: Ref = { network: 'elsewhere', id: 'https://example.org/1' }

const person = fc.constantFrom(...people.map(({ id }) => ssbRef(id)))
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 })
const post = hash.map((bytes) => ssbRef(messageIdOf(bytes)))
const blob = hash.map((bytes) => ssbRef(blobIdOf(bytes)))
const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
  .filter((text) => text.trim() !== '')
const line = words.filter((text) => !/[\n\r]/.test(text))
const at = fc.integer({ min: 1, max: 2 ** 45 })
const tag = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/)
const attachment: fc.Arbitrary<Attachment> = fc
  .record(
    {
      ref: blob,
      type: fc.constantFrom('image/png', 'audio/ogg', 'video/mp4', 'application/pdf'),
      name: line.map((name) => `${name}.bin`),
      size: fc.nat(),
      description: line.filter((text) => !/^(?:audio|video):|attachment/.test(text)),
    },
    { requiredKeys: ['ref'] },
  )
  .filter(({ name, description }) => name === undefined || name !== description)
const content: fc.Arbitrary<Content> = fc.record(
  {
    text: fc.record({
      format: fc.constant('markdown' as const),
      body: fc.string({ unit: 'grapheme', maxLength: 300 }).filter((body) => !body.includes('](&')),
    }),
    title: line,
    warning: words,
    language: fc.constantFrom('de', 'en-GB'),
    mentions: fc.uniqueArray(
      fc.record(
        { ref: person, name: line.filter((name) => !name.startsWith('@')) },
        { requiredKeys: ['ref'] },
      ),
      { maxLength: 3, selector: ({ ref }) => ref.id },
    ),
    tags: fc.uniqueArray(tag, { maxLength: 3 }),
    attachments: fc.uniqueArray(attachment, { maxLength: 3, selector: ({ ref }) => ref.id }),
  },
  { requiredKeys: ['text', 'mentions', 'tags', 'attachments'] },
)
const thread = fc.option(
  fc.record({ root: post, parent: post }).map((refs) => refs),
  { nil: {} },
)
const common = { actor: fc.constant(actor), at }
const drafts: readonly fc.Arbitrary<Draft>[] = [
  fc
    .tuple(fc.record({ ...common, content }), thread, fc.option(post, { nil: undefined }))
    .map(([fields, refs, fork]) => ({
      kind: 'post' as const,
      audience: 'public' as const,
      ...fields,
      ...refs,
      ...(fork && { fork }),
    })),
  fc
    .tuple(
      fc.record({ ...common, content }),
      thread,
      fc.uniqueArray(person, { maxLength: 6, selector: ({ id }) => id }),
    )
    .map(([fields, refs, others]) => ({
      kind: 'message' as const,
      ...fields,
      ...refs,
      to: [actor, ...others.filter(({ id }) => id !== actor.id)],
    })),
  fc.record(
    {
      kind: fc.constant('profile' as const),
      ...common,
      of: person,
      name: words,
      about: fc.string(),
      avatar: fc.option(blob) as fc.Arbitrary<Ref | null>,
    },
    { requiredKeys: ['kind', 'actor', 'at', 'of', 'about'] },
  ),
  fc.record({
    kind: fc.constantFrom('follow' as const, 'block' as const),
    ...common,
    whom: person,
    on: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('react' as const),
    ...common,
    of: post,
    emoji: fc.constantFrom('❤', '🎉', '👍', '😂', 'Yo!'),
    on: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('subscribe' as const), ...common, tag, on: fc.boolean() }),
]

test('reads back every supported deed as it was written', () => {
  fc.assert(
    fc.property(fc.oneof(...drafts), (draft) => {
      assert.ok(abilities.deeds.has(draft.kind))
      const [deed, implied] = sent(draft)
      assert.ok(deed !== undefined)
      const { ref, ...read } = deed
      assert.equal(ref.network, 'ssb')
      // The generator's objects have no prototype.
      assert.deepEqual(read, structuredClone(draft))
      // A contact says both; what is not named is off.
      if (implied !== undefined)
        assert.ok((implied.kind === 'follow' || implied.kind === 'block') && !implied.on)
    }),
    { seed: 2026, numRuns: 1000 },
  )
})

test('answers in the thread of the answered post, root or not', () => {
  const [root, parent] = [
    ssbRef(messageIdOf(Buffer.alloc(32, 1))),
    ssbRef(messageIdOf(Buffer.alloc(32, 2))),
  ]
  const draft = { kind: 'post', actor, at: 1, content: simple('yes'), audience: 'public' } as const
  assert.deepEqual(contentOf({ ...draft, parent }), {
    content: { type: 'post', text: 'yes', root: parent.id, branch: parent.id },
  })
  assert.deepEqual(contentOf({ ...draft, root, parent }), {
    content: { type: 'post', text: 'yes', root: root.id, branch: parent.id },
  })
})

test('seals a message for its readers and the author, seven in all', () => {
  const to = people.slice(1).map(({ id }) => ssbRef(id))
  const draft = { kind: 'message', actor, at: 1, content: simple('psst') } as const
  const fits = contentOf({ ...draft, to: to.slice(1) })
  assert.ok('content' in fits)
  assert.equal(fits.readers?.length, 7)
  assert.deepEqual(fits.content['recps'], fits.readers)
  assert.match(why(contentOf({ ...draft, to })), /at most 7 readers/)
  assert.match(why(contentOf({ ...draft, to: [mastodon] })), /not on Scuttlebutt/)
})

test('says for people why it cannot carry a deed', () => {
  const base = { actor, at: 1 }
  const post = { ...base, kind: 'post', content: simple('hi'), audience: 'public' } as const
  const unsupported: Draft[] = [
    { ...base, kind: 'edit', of: mastodon, content: simple('x') },
    { ...base, kind: 'delete', of: mastodon },
    { ...base, kind: 'share', of: mastodon },
    { ...base, kind: 'move', to: mastodon },
    { ...base, kind: 'answer-follow', whom: mastodon, accepted: true },
    { ...base, kind: 'event', of: mastodon },
    { ...base, kind: 'follow', whom: mastodon, on: true },
    { ...base, kind: 'react', of: mastodon, emoji: '❤', on: true },
    { ...base, kind: 'profile', of: mastodon },
    { ...base, kind: 'profile', of: actor, avatar: mastodon },
    { ...post, audience: 'followers' },
    { ...post, parent: mastodon },
    { ...post, content: { ...simple('hi'), attachments: [{ ref: mastodon }] } },
    { ...post, content: { ...simple('hi'), text: { format: 'html', body: '<table></table>' } } },
  ]
  for (const draft of unsupported) assert.match(why(contentOf(draft)), /^[A-Z].+\.$/)
})

test('leaves out mentions of people of other networks', () => {
  const content = { ...simple('hi @x'), mentions: [{ ref: mastodon, name: 'x' }] }
  assert.deepEqual(contentOf({ kind: 'post', actor, at: 1, content, audience: 'public' }), {
    content: { type: 'post', text: 'hi @x' },
  })
})

test('takes a text of the promised length with a thread, mentions and line breaks', () => {
  const body = 'abcdefg\n'.repeat(abilities.maxText).slice(0, abilities.maxText)
  const ref = ssbRef(messageIdOf(Buffer.alloc(32, 1)))
  const mentions = people.slice(0, 5).map(({ id }) => ({ ref: ssbRef(id), name: 'somebody' }))
  const content = { ...simple(body), mentions }
  const draft = {
    actor,
    at: 1.7e12,
    content,
    audience: 'public',
    root: ref,
    parent: ref,
    fork: ref,
  } as const
  assert.equal(sent({ kind: 'post', ...draft })[0]?.kind, 'post')
})

function sent(draft: Draft): readonly Deed[] {
  const encoded = contentOf(draft)
  assert.ok('content' in encoded, JSON.stringify(encoded))
  const { content: plain, readers } = encoded
  if (readers === undefined) {
    return deedsOf(createMessage(me, undefined, plain, draft.at).message).deeds
  }
  const box = seal(plain, readers.map(bytesOf))
  const { message } = createMessage(me, undefined, box, draft.at)
  const reader = people.find(({ id }) => id === readers.at(-1)) ?? me
  return deedsOf(message, unseal(box, reader)).deeds
}

function simple(body: string): Content {
  return { text: { format: 'markdown', body }, mentions: [], tags: [], attachments: [] }
}

function why(encoded: ReturnType<typeof contentOf>): string {
  assert.ok('unsupported' in encoded)
  return encoded.unsupported
}
