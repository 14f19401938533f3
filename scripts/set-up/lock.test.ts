import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { withLock } from './lock.mjs'

function lockFile(): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), 'metalife-lock-'))
  return { path: join(folder, 'lock'), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

const nobodyWaits = (): void => assert.fail('waited')

test('lets one in at a time, tells the others once, and leaves no file', async () => {
  using lock = lockFile()
  let inside = 0
  let told = 0
  const visits = Array.from({ length: 4 }, () =>
    withLock(
      lock.path,
      () => told++,
      async () => {
        assert.equal(++inside, 1)
        await new Promise((resolve) => setImmediate(resolve))
        inside--
      },
    ),
  )
  await Promise.all(visits)
  assert.equal(told, 3)
  assert.equal(existsSync(lock.path), false)
})

test('answers what the action answers, and frees the lock when it throws', async () => {
  using lock = lockFile()
  assert.equal(await withLock(lock.path, nobodyWaits, async () => 5), 5)
  await assert.rejects(
    withLock(lock.path, nobodyWaits, () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(existsSync(lock.path), false)
})

test('takes over the lock of a process that is gone', async () => {
  using lock = lockFile()
  const { pid } = spawnSync(process.execPath, ['-e', ''])
  writeFileSync(lock.path, JSON.stringify({ pid, host: hostname() }))
  assert.equal(
    await withLock(
      lock.path,
      () => {},
      async () => 'mine',
    ),
    'mine',
  )
})

test('takes over a lock that nobody has touched for long, whoever wrote it', async () => {
  using lock = lockFile()
  writeFileSync(lock.path, 'from another machine')
  const longAgo = new Date(Date.now() - 60_000)
  utimesSync(lock.path, longAgo, longAgo)
  assert.equal(
    await withLock(
      lock.path,
      () => {},
      async () => 'mine',
    ),
    'mine',
  )
})
