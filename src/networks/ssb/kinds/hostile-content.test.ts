import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { JsonObject } from '#base/json.ts'
import type { Message } from '#networks/ssb/feed/message.ts'
import { deedsOf } from '#networks/ssb/kinds/deeds-of.ts'
import { blobIdOf, feedIdOf, messageIdOf } from '#networks/ssb/refs.ts'

const alice = feedIdOf(Buffer.alloc(32, 1))
const root = messageIdOf(Buffer.alloc(32, 4))
const [picture, sound] = [blobIdOf(Buffer.alloc(32, 7)), blobIdOf(Buffer.alloc(32, 8))]

test('never throws, whatever the content', () => {
  const types = ['post', 'about', 'contact', 'vote', 'channel', 'pub', 'gathering', 'blog', 'other']
  const fields =
    'text mentions root branch fork recps channel contentWarning title summary blog thumbnail about name ' +
    'description image attendee startDateTime location contact following blocking flagged vote subscribed address link'
  const known = fc.constantFrom<unknown>(
    alice,
    root,
    picture,
    '#tag',
    null,
    true,
    -1,
    'text',
    `](${sound})`,
  )
  const value = fc.oneof(
    { weight: 2, arbitrary: known },
    fc.jsonValue({ maxDepth: 3 }),
    fc.dictionary(fc.constantFrom('link', 'name', 'value', 'epoch', 'host', 'key', 'port'), known),
    fc.array(known, { maxLength: 4 }),
  )
  const object = fc.dictionary(fc.constantFrom(...fields.split(' ')), value, { maxKeys: 12 })
  fc.assert(
    fc.property(fc.constantFrom(...types), object, fc.boolean(), (type, some, secret) => {
      const json = JSON.parse(JSON.stringify({ ...some, type })) as JsonObject
      const found = secret ? deedsOf(message('AAAA.box'), json) : deedsOf(message(json))
      assert.equal(found.known, type !== 'other')
      for (const deed of found.deeds) assert.equal(deed.ref.id, root)
    }),
    { seed: 2026, numRuns: 3000 },
  )
})

test('reads hostile texts in time that grows with their length only', () => {
  const texts = ['![', `![a](${picture})\n`, '[](&', '\\', '!['.repeat(3) + ']('].map((part) =>
    part.repeat(Math.ceil(200_000 / part.length)),
  )
  for (const text of texts) {
    const before = process.cpuUsage()
    deedsOf(message({ type: 'post', text }))
    assert.ok(process.cpuUsage(before).user < 1_000_000, text.slice(0, 20))
  }
})

function message(content: JsonObject | string): Message {
  const bytes = new Uint8Array()
  return { id: root, author: alice, sequence: 1, previous: null, timestamp: 1, content, bytes }
}
