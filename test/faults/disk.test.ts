/** A whole node on a disk that is full or read-only: it says so, nothing is damaged, and it goes on when there is room. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { configureSync, resetSync } from '@logtape/logtape'
import { systemClock } from '#base/clock.ts'
import type { Page, Post, Published } from '#node/answers.ts'
import { runCommand, spawnCommand, type Ran } from '#rig/command.ts'
import { dataHost, temporaryFolder } from '#rig/data-node.ts'
import { startTestNode, type TestHome, type TestNode } from '#rig/node.ts'
import { followAll, openSsbNode, type SsbNode } from '#rig/ssb-node.ts'
import { socialCore } from '#social/core.ts'
import { dataSet, feedKeys } from '../../bench/ssb/data-set.ts'
import { FeedChain } from './feed-chain.ts'
import { smallDisk, type SmallDisk } from './small-disk.ts'
import { until } from './until.ts'

/** A disk of so many MiB, or a skipped test. */
async function diskOr(t: TestContext, size = 24): Promise<SmallDisk | undefined> {
  const disk = await smallDisk(size)
  if (!disk) t.skip('mounting a small tmpfs takes Linux and root')
  return disk
}

function homeOn({ path }: SmallDisk): TestHome {
  const folder = join(path, 'home')
  const quiet = ['--port', '0', '--ssb-port', '0', '--ssb-host', '127.0.0.1', '--ssb-lan=no']
  return {
    folder,
    flags: ['--home', folder, ...quiet],
    [Symbol.asyncDispose]: async () => undefined,
  }
}

async function texts({ client }: TestNode): Promise<readonly string[]> {
  const page = await client.get<Page<Post>>('/timelines/home?limit=40')
  return page.items.map(({ content }) => content.text.body)
}

function saysThat({ code, stdout, stderr }: Ran, what: RegExp): void {
  assert.equal(code, 1)
  assert.equal(stdout, '')
  assert.match(stderr, what)
  // One sentence, and no trace of the program's insides.
  assert.equal(stderr.trim().split('\n').length, 1, stderr)
  assert.doesNotMatch(stderr, /should not have happened|SQLITE|at file:/)
}

test('a node is not started on a full disk, and is when there is room', async (t) => {
  await using disk = await diskOr(t)
  if (!disk) return
  const home = homeOn(disk)
  disk.fill()
  saysThat(await runCommand(['start', ...home.flags]), /Could not write .*full.*Free some space/)
  disk.makeRoom()
  await using node = await startTestNode(home)
  assert.deepEqual(await texts(node), [])
})

test('a home on a read-only disk is named as such by every command, and is whole when it can be written again', async (t) => {
  await using disk = await diskOr(t)
  if (!disk) return
  const home = homeOn(disk)
  {
    // A process of its own: the database driver keeps closed files open, and then the disk cannot become read-only.
    await using node = spawnCommand(['start', ...home.flags])
    await node.until(/MetaLife is running/)
    assert.equal((await runCommand(['post', 'Written before', ...home.flags])).code, 0)
    node.kill('SIGTERM')
    assert.equal((await node.ended).code, 0)
  }
  disk.setReadOnly(true)
  for (const command of [['start'], ['post', 'more'], ['timeline'], ['verify']]) {
    saysThat(
      await runCommand([...command, ...home.flags]),
      /Could not write .*read-only file system/,
    )
  }
  disk.setReadOnly(false)
  const verified = await runCommand(['verify', ...home.flags])
  assert.equal(verified.code, 0, verified.stderr)
  await using node = await startTestNode(home)
  assert.deepEqual(await texts(node), ['Written before'])
})

test('a disk that fills under a running node refuses posts with a reason, and loses none that it took', async (t) => {
  await using disk = await diskOr(t)
  if (!disk) return
  const home = homeOn(disk)
  const taken: string[] = []
  async function write({ client }: TestNode, text: string): Promise<boolean> {
    const { deliveries } = await client.send<Published>('POST', '/posts', { text })
    taken.unshift(text)
    return deliveries.length === 1
  }
  {
    await using node = await startTestNode(home)
    await write(node, 'Before')
    disk.fill()
    for (let count = 0; count < 5; count++) {
      await assert.rejects(write(node, `${count} ${'x'.repeat(5_000)}`), /full.*Free some space/)
    }
    saysThat(await runCommand(['post', 'y'.repeat(5_000), ...home.flags]), /full.*Free some space/)
    assert.deepEqual(await texts(node), taken)
    disk.makeRoom()
    await write(node, 'After')
    disk.fill()
  }
  disk.makeRoom()
  const verified = await runCommand(['verify', ...home.flags])
  assert.equal(verified.code, 0, verified.stderr)
  await using node = await startTestNode(home)
  assert.deepEqual(await texts(node), taken)
  await write(node, 'And on')
  assert.deepEqual(await texts(node), taken)
})

test('a disk that fills during a sync is waited for, and the sync ends complete', async (t) => {
  await using disk = await diskOr(t)
  if (!disk) return
  const said = logged(t)
  const feeds = Array.from({ length: 8 }, (_, index) => feedKeys(index).id)
  await using folder = await temporaryFolder()
  await using peer = await openSsbNode(join(folder.path, 'peer'), Buffer.alloc(32, 1))
  await followAll(peer, feeds)
  const dump = join(folder.path, 'dump')
  const lines = Array.from(dataSet(6_000, 8), ({ bytes }) => `${Buffer.from(bytes).toString()}\n`)
  await writeFile(dump, lines.join(''))
  await peer.network.importFrom?.(dump, () => undefined, new AbortController().signal)
  await using node = await openSsbNode(join(disk.path, 'node'), Buffer.alloc(32, 2))
  await followAll(node, feeds)
  disk.fill(2)
  const address = peer.network.status().addresses[0] ?? ''
  await node.network.actions['connect']?.run({ address }, AbortSignal.timeout(10_000))
  await until('it says that the disk is full', () => said().some((line) => /full/.test(line)))
  const stored = await countOf(node)
  assert.ok(stored < 6_000)
  assert.equal(
    (await node.social.home()).items.length > 0,
    stored > 100,
    'what is here can be read',
  )
  disk.makeRoom()
  await until('all is here', async () => (await countOf(node)) >= 6_000, 30_000)
  await until('all is checked', async () => (await uncheckedOf(node)) === 0)
  for (const feed of feeds) {
    const [ours, theirs] = await Promise.all(
      [node, peer].map((one) => recordsOf(one).range(feed, 1, 10_000)),
    )
    const chain = new FeedChain(node.network)
    assert.deepEqual(await chain.take(ours ?? []), [])
    assert.deepEqual(
      ours?.map(({ id }) => id),
      theirs?.map(({ id }) => id),
    )
  }
})

/** What the node says in its log from now on. */
function logged(t: TestContext): () => readonly string[] {
  const lines: string[] = []
  configureSync({
    reset: true,
    sinks: {
      memory: ({ message, properties }) => {
        lines.push(`${message.join('')} ${String(properties['error'])}`)
      },
    },
    loggers: [
      { category: 'metalife', lowestLevel: 'warning', sinks: ['memory'] },
      { category: ['logtape', 'meta'], lowestLevel: 'error', sinks: [] },
    ],
  })
  t.after(() => resetSync())
  return () => lines
}

function recordsOf({ store }: SsbNode) {
  return dataHost(socialCore(store, systemClock()), 'ssb', []).records
}

/** Messages of others. */
async function countOf(node: SsbNode): Promise<number> {
  const heads = await recordsOf(node).heads()
  return heads.reduce((sum, { feed, sequence }) => sum + (feed === node.id ? 0 : sequence), 0)
}

async function uncheckedOf(node: SsbNode): Promise<number> {
  const heads = await recordsOf(node).heads()
  return heads.reduce((sum, { sequence, checked }) => sum + sequence - checked, 0)
}
