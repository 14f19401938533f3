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

  before(async () => {
    ours = await openOurs()
    // Its default maximum is one byte less than ours: it takes what is smaller than 5 MiB.
    peer = await startPeer('stack-peer.cjs', { args: ['127.0.0.1', String(MAXIMUM + 1)] })
    await ours.act('connect', { address: addressOf(peer) })
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
      assert.equal(ours.peer(peer.feed)?.state, 'connected')
    })
  }

  for (const size of sizes) {
    test(`${size.toLocaleString('en')} bytes of theirs reach us`, async (t) => {
      const bytes = randomBytes(size)
      const blob = String(await peer.do('blob-add', { base64: bytes.toString('base64') }))
      assert.equal(blob, hash(bytes))
      await ours.act('blob-want', { blob }, 30_000)
      assert.equal(await ours.blobs.size(bytesOf(blob)), size)
      t.diagnostic(`state ${ours.peer(peer.feed)?.state}, crashes ${peer.crashes.length}`)
    })
  }

  test('the empty blob is there on both sides without being asked for', async () => {
    const blob = hash(new Uint8Array(0))
    await ours.act('blob-want', { blob })
    assert.equal(await ours.blobs.size(bytesOf(blob)), 0)
    assert.equal(await peer.do('blob-want', { blob }), true)
    assert.equal(await peer.do('blob-get', { blob }), '')
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
