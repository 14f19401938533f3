/** Blobs (ssbc/ssb-blobs) between our node and the JavaScript stack, at the sizes where its chunks of 65,536 bytes end. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { blobIdOf, bytesOf } from '#networks/ssb/refs.ts'
import { addressOf, openOurs, whyWithout, type Ours } from './ours.ts'
import { startPeer, type PeerProcess } from './peer-process.ts'

const skip = whyWithout('stack')
const MAXIMUM = 5 * 1024 * 1024
const sizes = [1, 65_535, 65_536, 65_537, 131_072, MAXIMUM - 1, MAXIMUM]

describe('blobs with the JavaScript stack', { skip }, () => {
  let ours: Ours
  let peer: PeerProcess
  let connected: number | undefined

  before(async () => {
    ours = await openOurs()
    // Its default maximum is one byte less than ours: it takes what is smaller than 5 MiB.
    peer = await startPeer('stack-peer.cjs', { args: ['127.0.0.1', String(MAXIMUM + 1)] })
    await ours.act('connect', { address: addressOf(peer) })
    connected = ours.peer(peer.feed)?.since
  })
  after(async () => {
    await peer?.[Symbol.asyncDispose]()
    await ours?.[Symbol.asyncDispose]()
  })

  for (const size of sizes) {
    test(`${size.toLocaleString('en')} bytes of ours reach them`, async () => {
      const bytes = randomBytes(size)
      const blob = await give(ours, bytes)
      assert.equal(await peer.do('blob-want', { blob }), true)
      assert.equal(hash(Buffer.from(String(await peer.do('blob-get', { blob })), 'base64')), blob)
      assert.equal(ours.peer(peer.feed)?.since, connected)
    })
  }

  // Where the size is a multiple of 65,536 their source ends with an empty chunk, which their own reader takes for the
  // goodbye of the whole connection. Ours must read it as what it is.
  for (const size of sizes) {
    test(`${size.toLocaleString('en')} bytes of theirs reach us, over a connection that lives on`, async () => {
      const bytes = randomBytes(size)
      const blob = String(await peer.do('blob-add', { base64: bytes.toString('base64') }))
      assert.equal(blob, hash(bytes))
      await ours.act('blob-want', { blob }, 30_000)
      assert.equal(await ours.blobs.size(bytesOf(blob)), size)
      assert.equal(ours.peer(peer.feed)?.since, connected)
    })
  }

  test('the blob of 0 bytes is here without being asked for, and whoever asks gets its clean end', async () => {
    const blob = hash(new Uint8Array(0))
    await ours.act('blob-want', { blob })
    assert.equal(await ours.blobs.size(bytesOf(blob)), 0)
    assert.equal(await peer.do('blob-get-from', { peer: ours.id, blob }), '')
    // They only have it once somebody adds it there; a size of 0 is never announced, so a want of theirs waits for ever.
    await assert.rejects(peer.do('blob-get', { blob }))
    assert.equal(await peer.do('blob-add', { base64: '' }), blob)
    assert.equal(await peer.do('blob-want', { blob }), true)
    assert.equal(await peer.do('blob-get', { blob }), '')
    assert.equal(ours.peer(peer.feed)?.since, connected)
    assert.deepEqual(peer.crashes, [])
  })

  test('a want of ours outlives a connection that they close', async () => {
    const bytes = randomBytes(65_536)
    const blob = hash(bytes)
    const fetched = ours.act('blob-want', { blob }, 60_000)
    await peer.do('hang-up', { peer: ours.id })
    await ours.until('the connection is gone', () => ours.peer(peer.feed)?.state !== 'connected')
    await peer.do('blob-add', { base64: bytes.toString('base64') })
    await ours.act('connect', { address: addressOf(peer) })
    await fetched
    assert.equal(await ours.blobs.size(bytesOf(blob)), bytes.length)
  })
})

async function give(ours: Ours, bytes: Uint8Array): Promise<string> {
  const put = await ours.blobs.put(
    (async function* () {
      yield bytes
    })(),
  )
  return blobIdOf(put.hash)
}

function hash(bytes: Uint8Array): string {
  return blobIdOf(createHash('sha256').update(bytes).digest())
}
