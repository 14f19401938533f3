import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { memoryHost } from '#rig/memory-host.ts'
import { openVerifier } from '#networks/ssb/feed/open-verifier.ts'
import { parseMessage } from '#networks/ssb/feed/parse-message.ts'
import { deedsOf } from '#networks/ssb/kinds/deeds-of.ts'
import { openIntake } from '#networks/ssb/replicate/open-intake.ts'
import { bodyOf, feedOf, forged, keysOf, posts } from '#rig/signed-feeds.ts'

const LENGTH = 24
const feeds = [1, 2].map((number) => feedOf(keysOf(number), posts(LENGTH)))

/** A peer offers a part of a feed; forgers swap one character in one message of it. */
const offer = fc.record({
  feed: fc.nat(1),
  from: fc.nat(LENGTH - 1),
  count: fc.integer({ min: 1, max: LENGTH }),
  forger: fc.option(fc.nat(LENGTH - 1), { nil: undefined }),
  wait: fc.boolean(),
})

test('Whatever peers offer in whatever order, only what the author signed gets through, and all of it in the end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(offer, { maxLength: 12 }), fc.boolean(), async (offers, crash) => {
      const host = memoryHost()
      await using verifier = openVerifier({ threads: 0 })
      const open = () =>
        openIntake({
          host,
          verifier,
          parse: parseMessage,
          decode: deedsOf,
          unseal: () => undefined,
          clock: host.clock,
          limits: { headFirst: { from: 5, behind: 0 } },
        })
      let intake = await open()
      for (const [index, { feed, from, count, forger, wait }] of offers.entries()) {
        for (const message of feeds[feed]?.slice(from, from + count) ?? []) {
          const isForged = message.message.sequence - 1 === forger
          const body = isForged ? forged(message, 'AB', 'ŁB') : bodyOf(message)
          // Each offer is of another peer: nobody is refused for what another did.
          await intake.offer(body, `peer ${index}`)
        }
        if (wait) await intake.settled()
      }
      if (crash) {
        await intake[Symbol.asyncDispose]()
        intake = await open()
      }
      await intake.settled()
      for (const feed of feeds) {
        for (const message of feed) await intake.offer(bodyOf(message), 'honest')
        await intake.settled()
        const records = await host.records.range(feed[0]?.message.author ?? '', 1, LENGTH)
        assert.deepEqual(
          records.map(({ bytes }) => Buffer.from(bytes).toString()),
          feed.map(({ message }) => Buffer.from(message.bytes).toString()),
        )
        assert.equal(intake.checked(feed[0]?.message.author ?? ''), LENGTH)
      }
      assert.equal(host.triggered.length, 2 * LENGTH)
      assert.doesNotMatch(JSON.stringify(host.triggered), /Ł/)
      await intake[Symbol.asyncDispose]()
    }),
    { seed: 11, numRuns: 60 },
  )
})
