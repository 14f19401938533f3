import assert from 'node:assert/strict'
import { createPublicKey, randomBytes, verify } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'

import fc from 'fast-check'

import { ArchiveDamagedError, messageBytes } from '#networks/ssb/archive/archive.ts'
import { encodeBipfLog } from '#networks/ssb/archive/bipf-log.ts'
import { writeDump } from '#networks/ssb/archive/dump-writer.ts'
import { encodeFlumeLog } from '#networks/ssb/archive/flume-log.ts'
import {
  readArchive,
  sniffArchive,
  UnknownArchiveError,
  type Archive,
} from '#networks/ssb/archive/sniff.ts'

type Sample = {
  readonly key: string
  readonly value: ReturnType<typeof valueOf>
  readonly timestamp: number
}

function valueOf(sequence: number, text: string) {
  return {
    previous: sequence === 1 ? null : `%${sequence - 1}.sha256`,
    sequence,
    author: '@x.ed25519',
    timestamp: 1_600_000_000_000.5 + sequence,
    hash: 'sha256',
    content: { 1: 'one', type: 'post', text, mentions: [] },
    signature: 'y.sig.ed25519',
  }
}

function samples(count: number, length = 300): readonly Sample[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `%${index + 1}.sha256`,
    value: valueOf(index + 1, `${'ü😀 '.repeat(index % 7)}${'x'.repeat((index * 37) % length)}`),
    timestamp: 1_700_000_000_000 + index,
  }))
}

/** The same messages in every format. */
const formats: readonly {
  readonly name: string
  readonly kind: Archive['kind']
  readonly encode: (all: readonly Sample[]) => Uint8Array
}[] = [
  {
    name: 'a dump of values',
    kind: 'line-dump',
    encode: (all) => lines(all.map(({ value }) => value)),
  },
  { name: 'a dump of records', kind: 'line-dump', encode: lines },
  { name: 'the log of ssb-db2', kind: 'bipf-log', encode: encodeBipfLog },
  ...([0, 4, 6, 8] as const).map((width) => ({
    name: `a flume log with pointers of ${width} bytes`,
    kind: 'flume-log' as const,
    encode: (all: readonly Sample[]) => encodeFlumeLog(all.map(json), width),
  })),
]

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

function lines(values: readonly unknown[]): Uint8Array {
  return Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
}

async function fileFor(t: TestContext, bytes: Uint8Array, name = 'archive'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'))
  t.after(() => rm(folder, { recursive: true }))
  const path = join(folder, name)
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
  return path
}

/** What is read before the end or the damage. */
async function readAll(
  archive: Archive,
): Promise<{ readonly all: readonly string[]; readonly damage?: ArchiveDamagedError }> {
  const all: string[] = []
  try {
    for await (const bytes of readArchive(archive)) all.push(Buffer.from(bytes).toString())
    return { all }
  } catch (error) {
    assert.ok(error instanceof ArchiveDamagedError, String(error))
    return { all, damage: error }
  }
}

for (const { name, kind, encode } of formats) {
  test(`${name} is recognised and gives every message as compact JSON`, async (t) => {
    const all = samples(1500)
    const path = await fileFor(t, encode(all))
    const archive = await sniffArchive(path)
    assert.equal(archive.kind, kind)
    const read = await readAll(archive)
    assert.equal(read.damage, undefined)
    assert.deepEqual(
      read.all,
      all.map(({ value }) => JSON.stringify(value)),
    )
  })

  test(`${name}, cut anywhere, gives what is whole and then says where it is cut`, async (t) => {
    const all = samples(12, 2000)
    const whole = Buffer.from(encode(all))
    const path = await fileFor(t, whole)
    const want = all.map(({ value }) => JSON.stringify(value))
    // A cut between two records of a dump or a flume log cannot be seen.
    const clean = new Set(all.map((_, count) => encode(all.slice(0, count)).length))
    for (let count = 1; count <= all.length; count++)
      clean.add(encode(all.slice(0, count)).length - (kind === 'line-dump' ? 1 : 0))
    const cuts = fc.integer({ min: 1, max: kind === 'bipf-log' ? 30_000 : whole.length - 2 })
    await fc.assert(
      fc.asyncProperty(cuts, async (length) => {
        await writeFile(path, whole.subarray(0, length))
        const { all: read, damage } = await readAll({ kind, path, size: length })
        assert.deepEqual(read, want.slice(0, read.length))
        if (!clean.has(length)) assert.ok(damage, `cut at ${length}`)
        if (damage) assert.ok(damage.offset <= length)
      }),
      { seed: 9, numRuns: 60 },
    )
  })

  test(`${name}, changed anywhere, is read or refused, and nothing else`, async (t) => {
    const whole = Buffer.from(encode(samples(40)))
    const path = await fileFor(t, whole)
    const used = kind === 'bipf-log' ? 20_000 : whole.length
    const flips = fc.array(fc.tuple(fc.nat(used - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const bad = Buffer.from(whole)
        for (const [at, byte] of places) bad[at] = byte
        await writeFile(path, bad)
        await readAll({ kind, path, size: bad.length })
        await sniffArchive(path).catch((error) => assert.ok(error instanceof UnknownArchiveError))
      }),
      { seed: 10, numRuns: 60 },
    )
  })
}

test('garbage is refused without taking memory for what it claims', async (t) => {
  const path = await fileFor(t, Buffer.alloc(0))
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 3000 }), async (bytes) => {
      await writeFile(path, bytes)
      for (const { kind } of formats) await readAll({ kind, path, size: bytes.length })
    }),
    { seed: 11, numRuns: 60 },
  )
  await writeFile(path, Buffer.alloc(100, 0xff))
  await assert.rejects(sniffArchive(path), UnknownArchiveError)
  const claims = await readAll({ kind: 'flume-log', path, size: 100 })
  assert.match(claims.damage?.message ?? '', /claims 4294967295 bytes/)
})

test('deleted records are passed over', async (t) => {
  const all = samples(5)
  const erase = (bytes: Uint8Array, from: number, length: number) => {
    const copy = Buffer.from(bytes)
    copy.fill(0, from, from + length)
    return copy
  }
  const want = all.slice(1).map(({ value }) => JSON.stringify(value))
  const flume = encodeFlumeLog(all.map(json), 4)
  const first = await fileFor(t, erase(flume, 4, json(all[0]).length))
  assert.deepEqual((await readAll(await sniffArchive(first))).all, want)
  const log = Buffer.from(encodeBipfLog(all))
  const second = await fileFor(t, erase(log, 2, log.readUInt16LE(0)))
  assert.deepEqual((await readAll(await sniffArchive(second))).all, want)
})

test('a folder of a database is found, and the newer log counts', async (t) => {
  const old = await fileFor(t, encodeFlumeLog(samples(2).map(json), 4), 'flume/log.offset')
  const folder = dirname(dirname(old))
  assert.deepEqual(await sniffArchive(folder), {
    kind: 'flume-log',
    path: old,
    size: (await stat(old)).size,
  })
  await mkdir(join(folder, 'db2'))
  await writeFile(join(folder, 'db2', 'log.bipf'), '')
  assert.equal((await sniffArchive(folder)).kind, 'flume-log')
  await writeFile(join(folder, 'db2', 'log.bipf'), encodeBipfLog(samples(3)))
  assert.deepEqual(await sniffArchive(folder), {
    kind: 'bipf-log',
    path: join(folder, 'db2/log.bipf'),
    size: 65_536,
  })
  assert.equal((await sniffArchive(join(folder, 'db2'))).kind, 'bipf-log')
})

test('what is no archive is told as such', async (t) => {
  const path = await fileFor(t, Buffer.from('hello, world. This is a text.'))
  await assert.rejects(sniffArchive(path), /none of the known formats/)
  await assert.rejects(sniffArchive(join(path, 'below')), /no such file/)
  await assert.rejects(sniffArchive(dirname(path)), /no log/)
  await writeFile(path, '')
  await assert.rejects(sniffArchive(path), /empty/)
})

test('blank lines, CRLF, a byte order mark and a missing last newline do not matter in a dump', async (t) => {
  const [one, two] = samples(2).map(({ value }) => JSON.stringify(value))
  const path = await fileFor(t, Buffer.from(`\uFEFF${one}\r\n\r\n  \n${two}`))
  assert.deepEqual(await readAll(await sniffArchive(path)), { all: [one, two] })
})

test('a bad line of a dump is told by its number and its byte', async (t) => {
  const good = lines(samples(2))
  for (const [bad, why] of [
    [Buffer.from('{"key":1\n'), /line 3 is not a message/],
    [Buffer.from('{"value":{"author":"@x.ed25519"}}\n'), /line 3 is not a message/],
    [Buffer.from([0x22, 0xff, 0x22, 0x0a]), /line 3 is not UTF-8/],
    [Buffer.alloc(300_000, 0x20), /line 3 is longer than/],
  ] as const) {
    const path = await fileFor(t, Buffer.concat([good, bad, good]))
    const { all, damage } = await readAll(await sniffArchive(path))
    assert.equal(all.length, 2)
    assert.match(damage?.message ?? '', why)
    assert.equal(damage?.offset, good.length)
  }
})

test('records that are no messages are counted in a log, not lost in silence', async (t) => {
  const [one, two] = samples(2)
  const mixed = [one, { key: 'x', value: 'text', timestamp: 1 }, two]
  const log = Buffer.from(encodeBipfLog(mixed as []))
  for (const [bytes, second] of [
    [encodeFlumeLog(mixed.map(json), 4), json(one).length + 12],
    [log, log.readUInt16LE(0) + 4],
  ] as const) {
    const archive = await sniffArchive(await fileFor(t, bytes))
    const skipped: number[] = []
    const options = { skipped: (offset: number) => skipped.push(offset) }
    assert.equal((await Array.fromAsync(readArchive(archive, options))).length, 2)
    assert.deepEqual(skipped, [second])
  }
})

test('what a database adds when it decrypts is taken away again', () => {
  const { content, ...rest } = valueOf(1, 'secret')
  const sealed = { ...valueOf(1, ''), content: 'abc.box' }
  const forms = [
    { value: { ...rest, content, meta: { private: true, original: { content: 'abc.box' } } } },
    { value: { ...rest, content, cyphertext: 'abc.box', private: true, unbox: 'k' } },
    { value: { ...rest, content }, meta: { private: true, originalContent: 'abc.box' } },
  ]
  for (const form of forms) {
    const found = JSON.parse(Buffer.from(messageBytes(form) ?? []).toString())
    assert.deepEqual(found, sealed)
  }
})

test('reading can be stopped and shows how far it is', async (t) => {
  const bytes = lines(samples(4000))
  const archive = await sniffArchive(await fileFor(t, bytes))
  const steps: number[] = []
  const progress = (done: number, total: number) => {
    assert.equal(total, bytes.length)
    steps.push(done)
  }
  await Array.fromAsync(readArchive(archive, { progress }))
  assert.deepEqual([steps[0], steps.at(-1)], [0, bytes.length])
  assert.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  )
  const stop = new AbortController()
  const reading = readArchive(archive, { signal: stop.signal })
  await reading.next()
  stop.abort(new Error('enough'))
  await assert.rejects(Array.fromAsync(reading), /enough/)
})

async function* records(count: number, failAt = Infinity) {
  for (const [index, { key, value }] of samples(count).entries()) {
    if (index === failAt) throw new Error('the database went away')
    yield { id: key, feed: value.author, sequence: value.sequence, bytes: json(value) }
  }
}

test('a dump that is written reads back, and is for this user only', async (t) => {
  const path = await fileFor(t, Buffer.from('what was there before'))
  const seen: number[] = []
  const result = await writeDump(records(6000), path, { progress: (count) => seen.push(count) })
  assert.equal(result.count, 6000)
  const { size, mode } = await stat(path)
  assert.deepEqual([size, mode & 0o777], [result.bytes, 0o600])
  assert.ok(seen.length > 1 && seen.at(-1) === 6000)
  const { all } = await readAll(await sniffArchive(path))
  assert.deepEqual(
    all,
    samples(6000).map(({ value }) => JSON.stringify(value)),
  )
  const first = (await readFile(path, 'utf8')).split('\n')[0] ?? ''
  assert.deepEqual(JSON.parse(first), { key: '%1.sha256', value: samples(1)[0]?.value })
})

test('a dump that fails or is stopped leaves what was there before', async (t) => {
  const path = await fileFor(t, Buffer.from('what was there before'))
  await assert.rejects(writeDump(records(9000, 8000), path), /went away/)
  const signal = AbortSignal.abort(new Error('enough'))
  await assert.rejects(writeDump(records(10), path, { signal }), /enough/)
  assert.equal(await readFile(path, 'utf8'), 'what was there before')
  assert.deepEqual(await readdir(dirname(path)), ['archive'])
})

const real = process.env.METALIFE_TEST_SSB_DB2_LOG
const skip = real === undefined && 'METALIFE_TEST_SSB_DB2_LOG names no database folder or log'

test('in a real log of ssb-db2 or ssb-server every signature is right', { skip }, async () => {
  const archive = await sniffArchive(real ?? '')
  let count = 0
  for await (const bytes of readArchive(archive)) {
    if (count++ >= 5000) break
    const { signature, ...value } = JSON.parse(Buffer.from(bytes).toString())
    const x = Buffer.from(value.author.slice(1), 'base64').toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    const signed = Buffer.from(JSON.stringify(value, null, 2))
    assert.ok(verify(null, signed, key, Buffer.from(signature, 'base64')), `message ${count}`)
  }
  assert.ok(count > 0)
})

test('random bytes as content of a blob-like file are not taken for an archive', async (t) => {
  const path = await fileFor(t, Buffer.concat([Buffer.of(0x89), randomBytes(5000)]))
  await assert.rejects(sniffArchive(path), UnknownArchiveError)
})
