import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#base/json.ts'
import type { Content } from '#model/content.ts'
import type { Deed } from '#model/deed.ts'
import type { Message } from '#networks/ssb/feed/message.ts'
import { deedsOf } from '#networks/ssb/kinds/deeds-of.ts'
import { blobIdOf, feedIdOf, messageIdOf, ssbRef } from '#networks/ssb/refs.ts'

const feeds = [1, 2, 3].map((byte) => feedIdOf(Buffer.alloc(32, byte)))
const [alice, bob, carol] = feeds as [string, string, string]
const [root, branch, other] = [4, 5, 6].map((byte) => messageIdOf(Buffer.alloc(32, byte))) as [
  string,
  string,
  string,
]
const [picture, sound] = [7, 8].map((byte) => blobIdOf(Buffer.alloc(32, byte))) as [string, string]
const common = { ref: ssbRef(other), actor: ssbRef(alice), at: 1234.5 }

test('reads a post with everything', () => {
  const post = content({
    type: 'post',
    text: `Hello [@bob](${bob})\n\n![a \\[red\\] door](${picture})\n![audio:birds](${sound})`,
    contentWarning: 'doors',
    channel: '#Houses',
    mentions: [
      { link: bob, name: '@bob' },
      { link: '#Art' },
      { link: picture, name: 'door.png', type: 'image/png', size: 77 },
      { link: root },
    ],
  })
  assert.deepEqual(post, {
    text: { format: 'markdown', body: `Hello [@bob](${bob})` },
    warning: 'doors',
    mentions: [{ ref: ssbRef(bob), name: 'bob' }, { ref: ssbRef(root) }],
    tags: ['houses', 'art'],
    attachments: [
      {
        ref: ssbRef(picture),
        name: 'door.png',
        type: 'image/png',
        size: 77,
        description: 'a [red] door',
      },
      { ref: ssbRef(sound), description: 'birds' },
    ],
  })
})

test('leaves pictures inside a text where they are and attaches them too', () => {
  const text = `see ![this](${picture}) and say`
  const post = content({ type: 'post', text })
  assert.equal(post.text.body, text)
  assert.deepEqual(post.attachments, [{ ref: ssbRef(picture), description: 'this' }])
  const end = `have a look at [the file](${sound})`
  assert.equal(content({ type: 'post', text: end, mentions: [{ link: sound }] }).text.body, end)
})

test('reads mentions in every shape', () => {
  const shapes = [
    [bob],
    [{ link: bob }],
    { link: bob },
    { 0: { link: bob } },
    bob,
    { link: `${bob}?x=1` },
    [null, 7, [], {}, { link: 9 }, 'nobody', { link: bob, name: 7 }],
  ]
  for (const mentions of shapes) {
    assert.deepEqual(content({ type: 'post', text: '', mentions }).mentions, [{ ref: ssbRef(bob) }])
  }
})

test('places a post in its thread, whatever is missing', () => {
  const both = { root: ssbRef(root), parent: ssbRef(branch) }
  assert.deepEqual(thread({ root, branch }), both)
  assert.deepEqual(thread({ root, branch: [root, branch] }), both)
  assert.deepEqual(thread({ root: { link: root }, branch: { link: branch } }), both)
  assert.deepEqual(thread({ root, branch: root }), { root: ssbRef(root), parent: ssbRef(root) })
  assert.deepEqual(thread({ root }), { root: ssbRef(root), parent: ssbRef(root) })
  assert.deepEqual(thread({ branch }), { root: ssbRef(branch), parent: ssbRef(branch) })
  assert.deepEqual(thread({ root: null, branch: [] }), {})
  assert.deepEqual(thread({ root: alice, branch: 7 }), {})
  assert.deepEqual(thread({ root, branch, fork: other }), { ...both, fork: ssbRef(other) })
})

test('reads a sealed post as a message to its readers and the author', () => {
  const recps = [bob, { link: carol, name: 'carol' }, 'nonsense', bob]
  const plain = { type: 'post', text: 'psst', recps, root, branch }
  assert.deepEqual(deedsOf(message('AAAA.box'), plain).deeds, [
    {
      kind: 'message',
      ...common,
      content: {
        text: { format: 'markdown', body: 'psst' },
        mentions: [],
        tags: [],
        attachments: [],
      },
      to: [ssbRef(bob), ssbRef(carol), ssbRef(alice)],
      root: ssbRef(root),
      parent: ssbRef(branch),
    },
  ])
})

test('never shows sealed profiles and gatherings to everybody', () => {
  for (const plain of [{ type: 'about', about: bob, name: 'my ex' }, { type: 'gathering' }]) {
    assert.deepEqual(deedsOf(message('AAAA.box'), plain).deeds, [])
  }
})

test('names what is sealed and was not opened', () => {
  for (const kind of ['box', 'box2']) {
    const found = { deeds: [], kind, known: true, blobs: [] }
    assert.deepEqual(deedsOf(message(`AAAA.${kind}`)), found)
  }
})

test('reads profiles with pictures in every shape', () => {
  const images: [JsonObject[string], unknown][] = [
    [picture, ssbRef(picture)],
    [{ link: picture, size: 7 }, ssbRef(picture)],
    [{ link: null }, null],
    [{ link: picture, remove: true }, null],
    [null, null],
  ]
  for (const [image, avatar] of images) {
    const found = deedsOf(message({ type: 'about', about: bob, name: 'Bob', image }))
    assert.deepEqual(found.deeds, [
      { kind: 'profile', ...common, of: ssbRef(bob), name: 'Bob', avatar },
    ])
    assert.deepEqual(found.blobs, avatar === null ? [] : [picture])
  }
  assert.deepEqual(deeds({ type: 'about', about: { link: bob }, description: '' }), [
    { kind: 'profile', ...common, of: ssbRef(bob), about: '' },
  ])
  assert.deepEqual(deeds({ type: 'about', about: bob, name: ' ', image: 'x' }), [])
  assert.deepEqual(deeds({ type: 'about', name: 'nobody' }), [])
})

test('reads contacts as their newest word on follow and block', () => {
  const cases: [JsonObject, boolean, boolean][] = [
    [{ following: true }, true, false],
    [{ following: false }, false, false],
    [{ following: true, blocking: false }, true, false],
    [{ following: false, blocking: true }, false, true],
    [{ following: true, blocking: true }, false, true],
    [{ blocking: true }, false, true],
    [{ blocking: false }, false, false],
    [{ flagged: { reason: 'spam' } }, false, true],
    [{ following: 'yes' }, false, false],
    [{}, false, false],
  ]
  for (const [fields, follow, block] of cases) {
    const found = deeds({ type: 'contact', contact: bob, ...fields })
    assert.deepEqual(
      found.toSorted((a, b) => a.kind.localeCompare(b.kind)),
      [
        { kind: 'block', ...common, whom: ssbRef(bob), on: block },
        { kind: 'follow', ...common, whom: ssbRef(bob), on: follow },
      ],
      JSON.stringify(fields),
    )
  }
  assert.deepEqual(deeds({ type: 'contact', contact: root, following: true }), [])
})

test('reads votes, likes of all spellings as one', () => {
  const cases: [JsonObject, string, boolean][] = [
    [{ value: 1 }, '❤', true],
    [{ value: 1, expression: 'Like' }, '❤', true],
    [{ value: 1, expression: 'dig' }, '❤', true],
    [{ value: 1, expression: '❤️' }, '❤', true],
    [{ value: 1, expression: '' }, '❤', true],
    [{ value: 0, expression: 'Unlike' }, '❤', false],
    [{ value: 1, expression: '🎉' }, '🎉', true],
    [{ value: '1', expression: 'Yes!' }, 'Yes!', true],
    [{ value: -1 }, '👎', true],
    [{ value: -1, expression: 'spam' }, 'spam', true],
    [{ value: true, expression: 7 }, '❤', true],
  ]
  for (const [fields, emoji, on] of cases) {
    assert.deepEqual(
      deeds({ type: 'vote', vote: { link: root, ...fields } }),
      [{ kind: 'react', ...common, of: ssbRef(root), emoji, on }],
      JSON.stringify(fields),
    )
  }
  for (const vote of [undefined, 7, root, { link: bob, value: 1 }, { link: root }]) {
    assert.deepEqual(deeds({ type: 'vote', ...(vote === undefined ? {} : { vote }) }), [])
  }
})

test('reads subscriptions to channels', () => {
  assert.deepEqual(deeds({ type: 'channel', channel: '#Solar-Punk', subscribed: true }), [
    { kind: 'subscribe', ...common, tag: 'solar-punk', on: true },
  ])
  assert.deepEqual(deeds({ type: 'channel', channel: 'a b', subscribed: true }), [])
  assert.deepEqual(deeds({ type: 'channel', channel: 'a' }), [])
})

test('passes on the addresses of pubs', () => {
  const announced = `pub.example.org:8008:${bob}`
  const multiserver = `net:pub.example.org:8008~shs:${bob.slice(1, 45)}`
  const cases: [JsonObject[string], string | undefined][] = [
    [{ host: 'pub.example.org', port: 8008, key: bob }, announced],
    [{ host: 'pub.example.org', port: '8008', key: bob }, announced],
    [{ host: 'pub.example.org', key: bob }, announced],
    [{ host: '::1', port: 1, key: bob }, `::1:1:${bob}`],
    [announced, announced],
    [multiserver, multiserver],
    [{ host: 'pub.example.org', port: 99_999, key: bob }, undefined],
    [{ host: 'pub example', port: 1, key: bob }, undefined],
    [{ host: 7, port: 1, key: bob }, undefined],
    [null, undefined],
  ]
  for (const [address, expected] of cases) {
    const found = deedsOf(message({ type: 'pub', address }))
    assert.equal(found.announces, expected)
    assert.deepEqual(found.deeds, [])
    assert.ok(found.known)
  }
})

test('reads gatherings and what is said of them', () => {
  assert.deepEqual(deeds({ type: 'gathering' }), [{ kind: 'event', ...common, of: ssbRef(other) }])
  const startDateTime = { epoch: 1_700_000_000_000, tz: 'Europe/Berlin', silent: false }
  const about = {
    type: 'about',
    about: root,
    title: 'Picnic',
    description: 'Bring tea',
    startDateTime,
  }
  assert.deepEqual(deeds({ ...about, location: 'The park', image: { link: picture } }), [
    {
      kind: 'event',
      ...common,
      of: ssbRef(root),
      title: 'Picnic',
      about: 'Bring tea',
      place: 'The park',
      starts: 1_700_000_000_000,
      image: ssbRef(picture),
    },
  ])
  for (const remove of [true, false]) {
    assert.deepEqual(deeds({ type: 'about', about: root, attendee: { link: alice, remove } }), [
      { kind: 'event', ...common, of: ssbRef(root), attending: !remove },
    ])
  }
  assert.deepEqual(deeds({ type: 'about', about: root, attendee: { link: bob } }), [])
})

test('reads a blog post as its summary with the whole attached', () => {
  const blog = {
    type: 'blog',
    title: 'Bees',
    summary: 'They dance.',
    blog: sound,
    thumbnail: picture,
  }
  const read = content({ ...blog, channel: 'bees' })
  assert.equal(read.title, 'Bees')
  assert.equal(read.text.body, 'They dance.')
  assert.deepEqual(read.tags, ['bees'])
  assert.deepEqual(
    read.attachments.map(({ ref, type }) => [ref.id, type]),
    [
      [sound, 'text/markdown'],
      [picture, 'image/*'],
    ],
  )
  assert.deepEqual(deedsOf(message(blog)).blobs, [sound, picture])
})

test('counts what it does not know', () => {
  for (const type of ['chess_invite', 'constructor', '__proto__', 'toString']) {
    const found = { deeds: [], kind: type, known: false, blobs: [] }
    assert.deepEqual(deedsOf(message({ type })), found)
  }
})

function message(value: JsonObject | string): Message {
  return {
    id: other,
    author: alice,
    sequence: 1,
    previous: null,
    timestamp: common.at,
    content: value,
    bytes: new Uint8Array(),
  }
}

function deeds(value: JsonObject): readonly Deed[] {
  return deedsOf(message(value)).deeds
}

function content(value: JsonObject): Content {
  const [deed] = deeds(value)
  assert.ok(deed?.kind === 'post')
  return deed.content
}

function thread(value: JsonObject): object {
  const [deed] = deeds({ type: 'post', text: '', ...value })
  assert.ok(deed?.kind === 'post')
  const { root: start, parent, fork } = deed
  return JSON.parse(JSON.stringify({ root: start, parent, fork })) as object
}
