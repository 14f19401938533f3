/**
 * Opens a node that holds a data set and reads from it: `read.ts FOLDER FEEDS` prints milliseconds: `ready` from the
 * start of the process to a started network, and p50 and p99 of a page of home, a thread and a profile with its posts.
 */
import { openSsbNode } from '#rig/ssb-node.ts'
import { percentile } from '../measure.ts'
import { feedKeys } from './data-set.ts'

const TIMES = 400
const [folder = '', feeds = '200'] = process.argv.slice(2)
await using node = await openSsbNode(folder, new Uint8Array(32).fill(200))
const ready = performance.now()
const random = randomNumbers(7)
const range = await node.store.read
  .selectFrom('post')
  .select((row) => [row.fn.min('id').as('low'), row.fn.max('id').as('high')])
  .executeTakeFirstOrThrow()
const [low, high] = [Number(range.low), Number(range.high)]

const home = await times(() => node.social.home({ limit: 20 }))
const older = await times(() => node.social.home({ limit: 20, after: String(somewhere()) }))
const thread = await times(async () => node.social.thread(await somePost()))
const profile = await times(async () => {
  const { id } = feedKeys(Math.floor(random() * Number(feeds)))
  await node.social.profile(id)
  await node.social.postsOf(id, { limit: 20 })
})
const result = { ready, rss: process.memoryUsage.rss(), ...home('home'), ...older('older') }
console.log(JSON.stringify({ ...result, ...thread('thread'), ...profile('profile') }))
process.exit(0)

type Named = (name: string) => Readonly<Record<string, number>>

async function times(read: () => Promise<unknown>): Promise<Named> {
  const taken: number[] = []
  for (let i = 0; i < TIMES; i++) {
    const started = performance.now()
    await read()
    taken.push(performance.now() - started)
  }
  return (name) => ({ [`${name}50`]: percentile(taken, 50), [`${name}99`]: percentile(taken, 99) })
}

function somewhere(): number {
  return Math.floor(low + random() * (high - low))
}

async function somePost(): Promise<string> {
  const row = await node.store.read
    .selectFrom('post')
    .select('id')
    .where('id', '>=', somewhere())
    .orderBy('id')
    .limit(1)
    .executeTakeFirstOrThrow()
  return String(row.id)
}

function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
