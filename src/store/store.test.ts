import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openStore } from '#store/store.ts'
import { openDataNode, temporaryFolder } from '#rig/data-node.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

const key = Buffer.alloc(32, 7)

test('a wrong key, or none, is a clear error and changes nothing', async () => {
  await using at = await home()
  await using made = await openStore({ ...at, key })
  await made.write(({ db }) => db.insertInto('meta').values({ key: 'k', value: 'v' }).execute())
  await made[Symbol.asyncDispose]()
  const before = await readFile(at.path)
  await assert.rejects(openStore({ ...at, key: Buffer.alloc(32, 8) }), { name: 'WrongKeyError' })
  await assert.rejects(openStore(at), { name: 'WrongKeyError' })
  assert.deepEqual(await readFile(at.path), before)
  await using again = await openStore({ ...at, key })
  assert.equal((await again.read.selectFrom('meta').selectAll().execute()).length, 1)
})

test('the files hold no plaintext of a post, a name or a message', async () => {
  await using at = await home()
  const clock = virtualClock()
  await using store = await openStore({ path: at.path, key, clock })
  await using node = await openDataNode(store, clock, 'a')
  await node.social.describe({ name: 'Wilhelmina' })
  await node.social.post({ text: { format: 'plain', body: 'the quick brown fox' } })
  const found = async (): Promise<string[]> => {
    const files = await readdir(at.folder)
    const all = await Promise.all(files.map((file) => readFile(join(at.folder, file))))
    return ['Wilhelmina', 'quick brown', node.me.id, 'SQLite format', 'create table'].filter(
      (text) => all.some((bytes) => bytes.includes(text)),
    )
  }
  assert.ok((await readdir(at.folder)).length > 1, 'there is a log beside the file')
  assert.deepEqual(await found(), [])
  await node[Symbol.asyncDispose]()
  await store[Symbol.asyncDispose]()
  assert.deepEqual(await found(), [])
})

test('a database from the future is refused and left as it is', async () => {
  await using at = await home()
  await using store = await openStore({ ...at, key })
  await store.write(({ db }) =>
    db.insertInto('migration').values({ number: 999, name: 'future', applied_at: 0 }).execute(),
  )
  await store[Symbol.asyncDispose]()
  await assert.rejects(openStore({ ...at, key }), { name: 'FutureDatabaseError' })
})

test('a read does not wait for an open write and does not see it', async () => {
  await using at = await home()
  await using store = await openStore({ ...at, key })
  await store.write(async ({ db }) => {
    await db.insertInto('meta').values({ key: 'k', value: 'v' }).execute()
    assert.deepEqual(await store.read.selectFrom('meta').selectAll().execute(), [])
  })
  assert.equal((await store.read.selectFrom('meta').selectAll().execute()).length, 1)
})

test('a write that throws leaves nothing, and the next one works', async () => {
  await using at = await home()
  await using store = await openStore({ ...at, key })
  const failing = store.write(async ({ db }) => {
    await db.insertInto('meta').values({ key: 'k', value: 'v' }).execute()
    throw new Error('no')
  })
  await assert.rejects(failing, /no/)
  assert.deepEqual(await store.read.selectFrom('meta').selectAll().execute(), [])
  await store.write(({ db }) => db.insertInto('meta').values({ key: 'k', value: 'w' }).execute())
  assert.equal((await store.read.selectFrom('meta').selectAll().execute()).length, 1)
})

test('writes run one after the other in their order, and closing waits for them', async () => {
  await using at = await home()
  await using store = await openStore({ ...at, key })
  const order: number[] = []
  const writes = [1, 2, 3].map((n) =>
    store.write(async ({ db }) => {
      await db.selectFrom('meta').selectAll().execute()
      order.push(n)
    }),
  )
  await store[Symbol.asyncDispose]()
  await Promise.all(writes)
  assert.deepEqual(order, [1, 2, 3])
  await assert.rejects(
    store.write(async () => {}),
    { name: 'StoreClosedError' },
  )
})

async function home() {
  const folder = await temporaryFolder()
  return {
    path: join(folder.path, 'node.db'),
    folder: folder.path,
    clock: virtualClock(),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}
