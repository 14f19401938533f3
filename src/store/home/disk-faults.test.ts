import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'

import { virtualClock } from '#rig/virtual-clock.ts'
import { NotWritableError } from '#crypto/durable-file.ts'
import { createVault, openVault, setPassphrase, vaultState } from '#crypto/vault.ts'
import { openBlobs } from '#store/blobs/blob-store.ts'
import { HomeNotWritableError, openHome } from '#store/home/home.ts'

const cost = { memory: 8 * 1024, passes: 1, parallelism: 1 }

function run(program: string, parameters: readonly string[]): void {
  execFileSync(program, parameters, { stdio: 'ignore' })
}

/** A disk of 2 MiB of its own; undefined (and the test is skipped) where it cannot be mounted. */
async function smallDisk(t: TestContext): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'disk-'))
  try {
    run('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=700', 'tmpfs', folder])
  } catch {
    await rm(folder, { recursive: true })
    t.skip('mounting a small tmpfs takes Linux and root')
    return undefined
  }
  t.after(async () => {
    run('umount', [folder])
    await rm(folder, { recursive: true })
  })
  return folder
}

async function fill(folder: string): Promise<string> {
  const path = join(folder, 'filler')
  await assert.rejects(writeFile(path, Buffer.alloc(4 * 1024 * 1024)), { code: 'ENOSPC' })
  return path
}

async function* random(count: number): AsyncGenerator<Uint8Array> {
  for (let n = 0; n < count; n++) yield randomBytes(100_000)
}

test('a home on a full disk is not opened, and says why', async (t) => {
  const disk = await smallDisk(t)
  if (!disk) return
  const filler = await fill(disk)
  await assert.rejects(openHome(join(disk, 'home'), virtualClock()), (error) => {
    assert.ok(error instanceof HomeNotWritableError)
    assert.equal(error.reason, 'full')
    assert.match(error.message, /full.*Free some space/)
    return true
  })
  await rm(filler)
  await using home = await openHome(join(disk, 'home'), virtualClock())
  assert.deepEqual((await readdir(home.layout.folder)).sort(), ['lock', 'lock.json'])
})

test('a home on a read-only disk is not opened, and its vault still reads', async (t) => {
  const disk = await smallDisk(t)
  if (!disk) return
  const folder = join(disk, 'home')
  using made = await createVault(folder)
  run('mount', ['-o', 'remount,ro', disk])
  await assert.rejects(openHome(folder, virtualClock()), (error) => {
    assert.ok(error instanceof HomeNotWritableError)
    assert.equal(error.reason, 'read-only')
    return true
  })
  using opened = await openVault(folder)
  assert.deepEqual(opened.seed, made.seed)
  await assert.rejects(setPassphrase(folder, { next: 'one', cost }), NotWritableError)
  await assert.rejects(createVault(join(disk, 'other')), NotWritableError)
})

test('a disk that fills up damages neither keys nor blobs', async (t) => {
  const disk = await smallDisk(t)
  if (!disk) return
  const folder = join(disk, 'home')
  using made = await createVault(folder)
  const blobs = await openBlobs(join(folder, 'blobs'), made.dataKey)
  const { hash } = await blobs.put(random(3))
  const filler = await fill(disk)
  await assert.rejects(setPassphrase(folder, { next: 'one', cost }), (error) => {
    assert.ok(error instanceof NotWritableError)
    assert.equal(error.reason, 'full')
    return true
  })
  await assert.rejects(blobs.put(random(1)), NotWritableError)
  assert.equal(await vaultState(folder), 'open')
  assert.deepEqual(await readdir(join(folder, 'blobs', 'tmp')), [])
  assert.deepEqual(await blobs.total(), { count: 1, bytes: 300_000 })
  assert.equal(await blobs.verify(hash), 'whole')
  await rm(filler)
  // Half a blob fits, then the disk is full.
  await assert.rejects(blobs.put(random(40)), NotWritableError)
  await blobs.put(random(3))
  assert.equal((await blobs.total()).count, 2)
})
