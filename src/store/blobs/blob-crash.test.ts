import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'

import { openBlobs } from '#store/blobs/blob-store.ts'

const root = join(import.meta.dirname, '../../..')
const dataKey = new Uint8Array(32).fill(9)

// Puts blobs of up to 300,000 bytes for ever, and says the hash of each when it is acknowledged.
const child = `
import { randomBytes } from 'node:crypto'
import { openBlobs } from '#store/blobs/blob-store.ts'
const blobs = await openBlobs(process.argv[1], new Uint8Array(32).fill(9))
async function* source(n) {
  for (let piece = 0; piece < n % 7; piece++) yield randomBytes(50_000)
  yield randomBytes(16)
}
for (let n = 0; ; n++) {
  const { hash } = await blobs.put(source(n))
  process.stdout.write(hash.toHex() + '\\n')
}`

async function putUntilKilled(folder: string, delay: number): Promise<readonly string[]> {
  const process_ = spawn(process.execPath, ['--input-type=module', '--eval', child, folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(process_, 'exit')
  const acknowledged: string[] = []
  let timer: NodeJS.Timeout | undefined
  for await (const line of createInterface({ input: process_.stdout })) {
    if (line.length === 64) acknowledged.push(line)
    timer ??= setTimeout(() => process_.kill('SIGKILL'), delay)
  }
  assert.equal((await exit)[1], 'SIGKILL')
  return acknowledged
}

test('killed at any moment of a put, every acknowledged blob is whole and nothing is half there', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'blobs-'))
  t.after(() => rm(folder, { recursive: true }))
  const acknowledged: string[] = []
  let state = 20261122
  for (let round = 1; round <= 10; round++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    acknowledged.push(...(await putUntilKilled(folder, (state >>> 16) % 60)))
    const blobs = await openBlobs(folder, dataKey)
    assert.deepEqual(await readdir(join(folder, 'tmp')), [])
    for (const hash of acknowledged) {
      assert.equal(await blobs.verify(Buffer.from(hash, 'hex')), 'whole')
    }
    const { count } = await blobs.total()
    assert.ok(count >= acknowledged.length && count <= acknowledged.length + round)
    for await (const entry of blobs.list()) assert.ok(entry.hash, entry.path)
  }
})
