import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import {
  copyFile,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import fc from 'fast-check'

import { BlobMismatchError, openBlobs, type BlobStore } from '#store/blobs/blob-store.ts'
import { BlobDamagedError } from '#store/blobs/sealed-reader.ts'
import { BlobTooLargeError } from '#store/blobs/sealed-writer.ts'

const dataKey = new Uint8Array(32).fill(9)
const sizes = [0, 1, 65_535, 65_536, 65_537, 131_072, 5 * 1024 * 1024]

async function storeFor(t: TestContext): Promise<{ folder: string; blobs: BlobStore }> {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'))
  t.after(() => rm(folder, { recursive: true }))
  return { folder, blobs: await openBlobs(folder, dataKey) }
}

async function* pieces(bytes: Uint8Array, length = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length)
}

async function read(source: AsyncIterable<Uint8Array> | undefined): Promise<Buffer> {
  assert.ok(source)
  const all: Uint8Array[] = []
  for await (const piece of source) {
    assert.ok(piece.length > 0 && piece.length <= 65_536)
    all.push(piece)
  }
  return Buffer.concat(all)
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

async function filesOf(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

async function onlyFile(folder: string): Promise<string> {
  const [path, ...others] = await filesOf(folder)
  assert.ok(path !== undefined && others.length === 0)
  return path
}

test('a blob of any size comes back as it was', async (t) => {
  const { blobs } = await storeFor(t)
  for (const size of sizes) {
    const bytes = randomBytes(size)
    const hash = sha256(bytes)
    assert.equal(await blobs.has(hash), false)
    assert.equal(await blobs.size(hash), undefined)
    assert.equal(await blobs.open(hash), undefined)
    const kept = await blobs.put(pieces(bytes), { expected: hash, limit: size })
    assert.deepEqual([Buffer.compare(kept.hash, hash), kept.size], [0, size])
    assert.equal(await blobs.has(hash), true)
    assert.equal(await blobs.size(hash), size)
    assert.ok((await read(await blobs.open(hash))).equals(bytes))
    assert.equal(await blobs.verify(hash), 'whole')
    await blobs.delete(hash)
    assert.equal(await blobs.has(hash), false)
    assert.equal(await blobs.verify(hash), 'missing')
    await blobs.delete(hash)
  }
})

test('any range of a blob opens by itself', async (t) => {
  const { blobs } = await storeFor(t)
  const bytes = randomBytes(200_000)
  const { hash } = await blobs.put(pieces(bytes, 1_000_000))
  const near = [0, 1, 65_535, 65_536, 65_537, 131_071, 131_072, 196_608, 199_999, 200_000, 300_000]
  const place = fc.oneof(fc.constantFrom(...near), fc.nat(210_000))
  await fc.assert(
    fc.asyncProperty(place, place, async (start, end) => {
      const part = await read(await blobs.open(hash, { start, end }))
      assert.ok(part.equals(bytes.subarray(start, Math.max(start, end))))
    }),
    { seed: 3, numRuns: 200 },
  )
  assert.ok(
    (await read(await blobs.open(hash, { start: 199_000 }))).equals(bytes.subarray(199_000)),
  )
  for (const start of [-1, 0.5, Number.NaN, Infinity]) {
    await assert.rejects(blobs.open(hash, { start }), RangeError)
  }
})

test('pieces of any size, empty ones among them, make the same blob', async (t) => {
  const { blobs, folder } = await storeFor(t)
  const bytes = randomBytes(150_000)
  const cuts = fc.array(fc.nat(150_000), { maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const ordered = [0, 0, ...places.toSorted((a, b) => a - b), bytes.length, bytes.length]
      const source = (async function* () {
        for (const [index, at] of ordered.entries()) yield bytes.subarray(at, ordered[index + 1])
      })()
      const { hash } = await blobs.put(source)
      assert.equal(Buffer.compare(hash, sha256(bytes)), 0)
    }),
    { seed: 4, numRuns: 20 },
  )
  await onlyFile(folder)
})

test('a stream longer than the limit is stopped at once, and nothing is kept', async (t) => {
  const { blobs, folder } = await storeFor(t)
  let taken = 0
  let closed = false
  const endless = (async function* () {
    try {
      for (;;) {
        taken += 10_000
        yield Buffer.alloc(10_000)
      }
    } finally {
      closed = true
    }
  })()
  await assert.rejects(blobs.put(endless, { limit: 100_000 }), BlobTooLargeError)
  assert.deepEqual([taken, closed], [110_000, true])
  assert.deepEqual(await filesOf(folder), [])
  await blobs.put(pieces(randomBytes(100_000)), { limit: 100_000 })
  const one = blobs.put(pieces(randomBytes(1)), { limit: 0 })
  await assert.rejects(one, BlobTooLargeError)
})

test('a stream that is another blob or that fails leaves nothing', async (t) => {
  const { blobs, folder } = await storeFor(t)
  const bytes = randomBytes(70_000)
  const wrong = blobs.put(pieces(bytes), { expected: sha256(randomBytes(1)) })
  await assert.rejects(wrong, BlobMismatchError)
  const failing = (async function* () {
    yield bytes
    throw new Error('the peer went away')
  })()
  await assert.rejects(blobs.put(failing), /the peer went away/)
  assert.deepEqual(await filesOf(folder), [])
})

test('many puts of one blob at once keep it once', async (t) => {
  const { blobs, folder } = await storeFor(t)
  const bytes = randomBytes(100_000)
  const all = await Promise.all(
    Array.from({ length: 8 }, (_, n) => blobs.put(pieces(bytes, 999 + n))),
  )
  assert.equal(new Set(all.map(({ hash }) => Buffer.from(hash).toString('hex'))).size, 1)
  await onlyFile(folder)
  assert.ok((await read(await blobs.open(sha256(bytes)))).equals(bytes))
})

test('files and their names show neither contents nor hash, and differ between homes', async (t) => {
  const { blobs, folder } = await storeFor(t)
  const other = await storeFor(t)
  const text = Buffer.from('a very private sentence '.repeat(10_000))
  const { hash } = await blobs.put(pieces(text))
  const path = await onlyFile(folder)
  const raw = await readFile(path)
  assert.ok(!raw.includes('private sentence') && !raw.includes(hash))
  assert.ok(!path.includes(Buffer.from(hash).toString('hex').slice(0, 8)))
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const foreign = await openBlobs(other.folder, new Uint8Array(32).fill(8))
  await foreign.put(pieces(text))
  assert.notEqual((await onlyFile(other.folder)).slice(-40), path.slice(-40))
  const wrongKey = await openBlobs(folder, new Uint8Array(32).fill(8))
  assert.equal(await wrongKey.has(hash), false)
})

test('a cut, lengthened or changed file is told as damaged wherever it was hurt', async (t) => {
  const { blobs, folder } = await storeFor(t)
  const bytes = randomBytes(150_000)
  const { hash } = await blobs.put(pieces(bytes))
  const path = await onlyFile(folder)
  const good = await readFile(path)
  const damaged = async () => {
    const reading = async () => read(await blobs.open(hash))
    await assert.rejects(reading, BlobDamagedError)
    assert.equal(await blobs.verify(hash), 'damaged')
  }
  for (const length of [0, 1, 32, 88, 100, 65_640, good.length - 65_552, good.length - 1]) {
    await truncate(path, length)
    await damaged()
    await writeFile(path, good)
  }
  await writeFile(path, Buffer.concat([good, Buffer.alloc(1)]))
  await damaged()
  await fc.assert(
    fc.asyncProperty(
      fc.nat(good.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, flip) => {
        const bad = Buffer.from(good)
        bad[at] = (bad[at] ?? 0) ^ flip
        await writeFile(path, bad)
        await damaged()
      },
    ),
    {
      seed: 5,
      numRuns: 40,
      examples: [
        [0, 1],
        [good.length - 1, 1],
        [65_600, 1],
      ],
    },
  )
  // Swapped chunks: each is authentic, its place is not.
  const [one, two] = [good.subarray(32, 32 + 65_552), good.subarray(32 + 65_552, 32 + 2 * 65_552)]
  await writeFile(
    path,
    Buffer.concat([good.subarray(0, 32), two, one, good.subarray(32 + 2 * 65_552)]),
  )
  await damaged()
  // Putting it again mends it.
  await blobs.put(pieces(bytes))
  assert.equal(await blobs.verify(hash), 'whole')
})

test('a range that lies in whole chunks reads, though another chunk is damaged', async (t) => {
  const { blobs, folder } = await storeFor(t)
  const bytes = randomBytes(150_000)
  const { hash } = await blobs.put(pieces(bytes))
  const path = await onlyFile(folder)
  const bad = await readFile(path)
  bad[40] = (bad[40] ?? 0) ^ 1
  await writeFile(path, bad)
  const part = await read(await blobs.open(hash, { start: 65_536, end: 150_000 }))
  assert.ok(part.equals(bytes.subarray(65_536)))
  await assert.rejects(async () => read(await blobs.open(hash, { end: 1 })), BlobDamagedError)
})

test('a file put in the place of another is told, and is listed without a hash', async (t) => {
  const { blobs, folder } = await storeFor(t)
  const first = await blobs.put(pieces(Buffer.from('first')))
  const path = await onlyFile(folder)
  const second = await blobs.put(pieces(Buffer.from('second!')))
  const other = (await filesOf(folder)).find((name) => name !== path) ?? ''
  await copyFile(path, other)
  await assert.rejects(blobs.open(second.hash), BlobDamagedError)
  const entries = await Array.fromAsync(blobs.list())
  assert.deepEqual(
    entries
      .map((entry) => [entry.size, entry.hash])
      .toSorted((a, b) => (a[1] ? 0 : 1) - (b[1] ? 0 : 1)),
    [
      [5, first.hash],
      [5, undefined],
    ],
  )
})

test('the list names every blob and the total adds them up', async (t) => {
  const { blobs } = await storeFor(t)
  assert.deepEqual(await blobs.total(), { count: 0, bytes: 0 })
  const hashes: string[] = []
  for (const size of sizes) {
    hashes.push(Buffer.from((await blobs.put(pieces(randomBytes(size)))).hash).toString('hex'))
  }
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  assert.deepEqual(await blobs.total(), { count: sizes.length, bytes })
  const entries = await Array.fromAsync(blobs.list())
  const listed = entries.map(({ hash }) => Buffer.from(hash ?? []).toString('hex'))
  assert.deepEqual(listed.toSorted(), hashes.toSorted())
})

test('a reader that stops early, or never starts, and a deletion meanwhile do no harm', async (t) => {
  const { blobs } = await storeFor(t)
  const bytes = randomBytes(200_000)
  const { hash } = await blobs.put(pieces(bytes))
  for await (const piece of (await blobs.open(hash)) ?? []) {
    assert.equal(Buffer.compare(piece, bytes.subarray(0, 65_536)), 0)
    break
  }
  const late = await blobs.open(hash)
  const reading = (await blobs.open(hash))?.[Symbol.asyncIterator]()
  assert.ok(reading)
  await reading.next()
  await blobs.delete(hash)
  assert.equal((await reading.next()).value?.length, 65_536)
  await reading.return?.()
  await assert.rejects(read(late), BlobDamagedError)
})

test('what a crash left half-written is swept when the store opens', async (t) => {
  const { folder } = await storeFor(t)
  await writeFile(join(folder, 'tmp', 'half'), 'half')
  await openBlobs(folder, dataKey)
  assert.deepEqual(await filesOf(folder), [])
})
