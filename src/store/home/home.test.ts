import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'

import { virtualClock } from '#rig/virtual-clock.ts'
import { parseHolder, thisProcess } from '#store/home/holder.ts'
import { HomeNotWritableError, openHome, renewToken } from '#store/home/home.ts'
import { homeLayout } from '#store/home/layout.ts'
import { HomeLockedError } from '#store/home/lock.ts'

const root = join(import.meta.dirname, '../../..')

// Holds a home until it is killed; says `held`, or why not.
const child = `
import { systemClock } from '#base/clock.ts'
import { openHome } from '#store/home/home.ts'
try {
  globalThis.home = await openHome(process.argv[1], systemClock())
  console.log('held')
  setInterval(() => {}, 1000)
} catch (error) {
  console.log(error.name + ': ' + error.message)
}`

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'home-'))
  t.after(() => rm(folder, { recursive: true }))
  return join(folder, 'home')
}

async function contender(
  t: TestContext,
  folder: string,
): Promise<{ readonly process: ChildProcess; readonly said: string }> {
  const contending = spawn(process.execPath, ['--input-type=module', '--eval', child, folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => contending.kill('SIGKILL'))
  const [said] = await once(createInterface({ input: contending.stdout }), 'line')
  return { process: contending, said: String(said) }
}

async function kill(victim: ChildProcess): Promise<void> {
  const exit = once(victim, 'exit')
  victim.kill('SIGKILL')
  await exit
}

test('a home is a 0700 folder, and giving it up leaves no holder behind', async (t) => {
  const folder = await folderFor(t)
  {
    await using home = await openHome(folder, virtualClock())
    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    assert.equal(home.layout.folder, folder)
    assert.deepEqual((await readdir(folder)).sort(), ['lock', 'lock.json'])
  }
  assert.deepEqual(await readdir(folder), ['lock'])
  await using again = await openHome(folder, virtualClock())
  assert.equal(again.lock.holder.pid, process.pid)
})

test('the second opening in one process is refused as well', async (t) => {
  const folder = await folderFor(t)
  await using home = await openHome(folder, virtualClock())
  await assert.rejects(openHome(folder, virtualClock()), HomeLockedError)
  assert.equal(home.lock.holder.pid, process.pid)
})

test('the second process says who holds the home and since when', async (t) => {
  const folder = await folderFor(t)
  await using home = await openHome(folder, virtualClock(Date.UTC(2026, 10, 22, 12)))
  const { said } = await contender(t, folder)
  assert.match(
    said,
    new RegExp(`^HomeLockedError: .*process ${process.pid} since 2026-11-22T12:00:00`),
  )
  assert.equal(home.lock.holder.since, Date.UTC(2026, 10, 22, 12))
})

test('after kill -9 the home is free at once', async (t) => {
  const folder = await folderFor(t)
  const first = await contender(t, folder)
  assert.equal(first.said, 'held')
  await assert.rejects(openHome(folder, virtualClock()), (error) => {
    assert.ok(error instanceof HomeLockedError)
    assert.equal(error.holder?.pid, first.process.pid)
    return true
  })
  await kill(first.process)
  assert.equal(
    parseHolder(await readFile(homeLayout(folder).lockHolder, 'utf8'))?.pid,
    first.process.pid,
  )
  await using home = await openHome(folder, virtualClock())
  assert.equal(home.lock.holder.pid, process.pid)
})

test('of many that take over a dead process’s home at once, one gets it', async (t) => {
  const folder = await folderFor(t)
  await kill((await contender(t, folder)).process)
  const all = await Promise.all(Array.from({ length: 6 }, () => contender(t, folder)))
  const held = all.filter(({ said }) => said === 'held')
  assert.equal(held.length, 1)
  assert.equal(all.filter(({ said }) => said.startsWith('HomeLockedError')).length, 5)
  await Promise.all(held.map((one) => kill(one.process)))
})

test('where the file system does not lock, a living holder is still respected', async (t) => {
  const folder = await folderFor(t)
  const first = await contender(t, folder)
  const layout = homeLayout(folder)
  // A new lock file is free: as if the lock of the old one did not hold.
  await rm(layout.lock)
  await assert.rejects(openHome(folder, virtualClock()), HomeLockedError)
  await kill(first.process)
  await using home = await openHome(folder, virtualClock())
  assert.ok(home)
})

test('a later process with the id of a dead holder does not keep the home', async (t) => {
  const folder = await folderFor(t)
  const other = await contender(t, join(folder, 'other'))
  const layout = homeLayout(folder)
  const reused = { pid: other.process.pid, since: 0, started: 'another boot/123' }
  await writeFile(layout.lockHolder, JSON.stringify(reused))
  await using home = await openHome(folder, virtualClock())
  assert.equal(home.lock.holder.pid, process.pid)
  await kill(other.process)
})

test('a holder is read back as it was written, and nonsense is not one', async () => {
  const holder = await thisProcess(5)
  assert.deepEqual(parseHolder(JSON.stringify(holder)), holder)
  for (const text of ['', '[]', '{}', '{"pid":"1","since":2}', '{"pid":1}']) {
    assert.equal(parseHolder(text), undefined)
  }
})

test('a new token replaces the old one, in a file for this user only', async (t) => {
  const folder = await folderFor(t)
  await using home = await openHome(folder, virtualClock())
  const first = await renewToken(home.layout)
  const second = await renewToken(home.layout)
  assert.notEqual(first, second)
  assert.equal(second.length, 43)
  assert.equal(await readFile(home.layout.token, 'utf8'), second)
  assert.equal((await stat(home.layout.token)).mode & 0o777, 0o600)
})

test('a file in the place of the home is told, and is left alone', async (t) => {
  const folder = await folderFor(t)
  await writeFile(folder, 'mine')
  for (const path of [folder, join(folder, 'below')]) {
    await assert.rejects(openHome(path, virtualClock()), (error) => {
      assert.ok(error instanceof HomeNotWritableError)
      assert.equal(error.reason, 'not-a-folder')
      return true
    })
  }
  assert.equal(await readFile(folder, 'utf8'), 'mine')
})
