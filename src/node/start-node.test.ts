import assert from 'node:assert/strict'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { WrongPassphraseError } from '#crypto/passphrase.ts'
import { PassphraseNeededError, setPassphrase } from '#crypto/vault.ts'
import { ListenError } from '#http/server.ts'
import type { Page, Post } from '#node/answers.ts'
import { HomeLockedError } from '#store/home/lock.ts'
import { startTestNode, temporaryHome } from '#rig/node.ts'

const cheap = { memory: 8 * 1024, passes: 1, parallelism: 1 }

test('a node that was stopped leaves no timer, socket, thread or lock', async () => {
  await using home = await temporaryHome()
  const before = process.getActiveResourcesInfo().toSorted()
  for (let round = 0; round < 2; round++) {
    await using node = await startTestNode(home)
    const events = await fetch(`${node.node.url}/api/metalife/v1/events`, {
      headers: { authorization: `Bearer ${node.node.token}` },
    })
    assert.equal(events.status, 200)
    await node.client.send('POST', '/posts', { text: `round ${round}` })
    await node[Symbol.asyncDispose]()
    // A page that is still listening sees its events end.
    await events.body?.pipeTo(new WritableStream())
  }
  const idle = (names: readonly string[]): readonly string[] =>
    names
      .filter((name) => !/^(?:Timeout|TTYWrap|PipeWrap|Immediate|CloseReq|FSReq.*)$/.test(name))
      .toSorted()
  assert.deepEqual(idle(process.getActiveResourcesInfo()), idle(before))
  const left = (await readdir(home.folder)).filter((name) => /lock\.json|api-address/.test(name))
  assert.deepEqual(left, [])
})

test('what was published is there after a restart, and its identity is no longer new', async () => {
  await using home = await temporaryHome()
  const first = await startTestNode(home)
  assert.equal(first.node.fresh, true)
  await first.client.send('POST', '/posts', { text: 'kept' })
  await first[Symbol.asyncDispose]()
  await using second = await startTestNode(home)
  assert.equal(second.node.fresh, false)
  const page = await second.client.get<Page<Post>>('/timelines/home')
  assert.deepEqual(
    page.items.map(({ content }) => content.text.body),
    ['kept'],
  )
  await second.client.send('POST', '/posts', { text: 'and goes on' })
})

test('the same key publishes once, also over a restart', async () => {
  await using home = await temporaryHome()
  const ask = async (): Promise<unknown> => {
    await using node = await startTestNode(home)
    return await node.client.send('POST', '/posts', { text: 'once' }, 'key-1')
  }
  const [first, second] = [await ask(), await ask()]
  assert.deepEqual(first, second)
  await using node = await startTestNode(home)
  assert.equal((await node.client.get<Page<Post>>('/timelines/home')).items.length, 1)
})

test('a second node in one home says who has it, and the first goes on', async () => {
  await using home = await temporaryHome()
  await using node = await startTestNode(home)
  await assert.rejects(startTestNode(home), HomeLockedError)
  assert.ok(await node.client.get('/status'))
})

test('a port that is taken is a clear error that leaves the home free', async () => {
  await using home = await temporaryHome()
  await using other = await temporaryHome()
  await using node = await startTestNode(home)
  const { port } = new URL(node.node.url)
  const taken = { ...other, flags: other.flags.with(other.flags.indexOf('--port') + 1, port) }
  await assert.rejects(startTestNode(taken), (error) => {
    assert.ok(error instanceof ListenError)
    assert.match(error.message, /already in use.*--port/)
    return true
  })
  await using _second = await startTestNode(other)
})

test('a locked home opens with its passphrase only, and a wrong one changes nothing', async () => {
  await using home = await temporaryHome()
  await (await startTestNode(home))[Symbol.asyncDispose]()
  await setPassphrase(home.folder, { next: 'correct horse', cost: cheap })
  const keys = async (): Promise<number> => (await stat(join(home.folder, 'keys.json'))).mtimeMs
  const before = await keys()
  await assert.rejects(startTestNode(home), PassphraseNeededError)
  await assert.rejects(
    startTestNode(home, { passphrase: async () => 'wrong' }),
    WrongPassphraseError,
  )
  assert.equal(await keys(), before)
  await using node = await startTestNode(home, { passphrase: async () => 'correct horse' })
  assert.ok(await node.client.get('/status'))
})

test('the API is closed without the token, and every file of the home is for its owner only', async () => {
  await using home = await temporaryHome()
  await using node = await startTestNode(home)
  for (const path of [
    '/status',
    '/timelines/home',
    '/events',
    '/openapi.json',
    '/blobs/x',
    '/nothing',
  ]) {
    const answer = await fetch(`${node.node.url}/api/metalife/v1${path}`)
    assert.equal(answer.status, 401, path)
    await answer.body?.cancel()
  }
  for (const name of ['api-token', 'api-address', 'keys.json']) {
    assert.equal((await stat(join(home.folder, name))).mode & 0o077, 0, name)
  }
  assert.equal((await stat(home.folder)).mode & 0o077, 0)
})
