import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#base/clock.ts'
import { openStore } from '#store/store.ts'
import { openDataNode, temporaryFolder } from '#rig/data-node.ts'
import { CRASH_KEY } from './crash-key.ts'

/** Kills; more of them on request. */
const ROUNDS = Number(process.env['METALIFE_CRASH_ROUNDS'] ?? 12)
const CHILD = fileURLToPath(import.meta.resolve('./crash-child.ts'))

test('killed at any moment, the node has everything that it answered for, once', async () => {
  await using folder = await temporaryFolder()
  const path = join(folder.path, 'node.db')
  const answered = new Set<string>()
  const begun = new Set<string>()
  for (let round = 0; round < ROUNDS; round++) {
    const known = answered.size
    for (const line of await killedAfter(path, round, 5 + ((round * 7919) % 120))) {
      if (line.startsWith('begun ')) begun.add(line.slice(6))
      else answered.add(line)
    }
    assert.ok(answered.size > known, 'the child did something')
    await check(path, answered, begun)
  }
})

/** Runs a child until it has told so many things, kills it, and gives what it told. */
async function killedAfter(path: string, round: number, told: number): Promise<string[]> {
  const child = fork(CHILD, [path, String(round)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    child.on('message', (line) => {
      lines.push(String(line))
      if (lines.length === told) child.kill('SIGKILL')
    })
    child.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve()
      else reject(new Error(`the child ended by itself with ${code}`))
    })
  })
  return lines
}

async function check(
  path: string,
  answered: ReadonlySet<string>,
  begun: ReadonlySet<string>,
): Promise<void> {
  const clock = systemClock()
  await using store = await openStore({ path, key: CRASH_KEY, clock })
  await using node = await openDataNode(store, clock, 'a')
  const posts = await store.read
    .selectFrom('post')
    .innerJoin('copy', 'copy.id', 'post.copy_id')
    .innerJoin('record', 'record.nr', 'post.nr')
    .select(['copy.ref', 'post.content', 'post.author_id', 'record.sequence'])
    .execute()
  const refs = posts.map(({ ref }) => ref)
  assert.equal(new Set(refs).size, refs.length, 'nothing is doubled')
  const bodies = posts.map(({ content }) => (JSON.parse(content) as { t: string }).t)
  const own = bodies.filter((body) => body.startsWith('own '))
  assert.equal(new Set(own).size, own.length, 'no own post is doubled')
  for (const key of own) assert.ok(begun.has(key))
  const here = new Set([...refs, ...own])
  for (const line of answered) assert.ok(here.has(line), `${line} is missing`)
  // What was written down but not answered is finished now, with the key that it had.
  for (const { key } of await store.read.selectFrom('outbox').select('key').execute()) {
    const { id } = await node.social.post({ text: { format: 'plain', body: key } }, { key })
    if (own.includes(key)) assert.ok(id !== undefined)
  }
  assert.equal((await store.read.selectFrom('record').select('nr').execute()).length, posts.length)
}
