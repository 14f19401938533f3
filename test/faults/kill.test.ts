/**
 * A node is killed (SIGKILL) again and again while it syncs and posts. METALIFE_TEST_KILLS says how often; 25 by default.
 */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import type { Records } from '#network/host.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { dataHost, temporaryFolder } from '#rig/data-node.ts'
import { followAll, openSsbNode, type SsbNode } from '#rig/ssb-node.ts'
import { socialCore } from '#social/core.ts'
import type { Page, PageRequest } from '#social/views.ts'
import type { Message } from '#networks/ssb/feed/message.ts'
import { dataSet, feedKeys } from '../../bench/ssb/data-set.ts'
import { FeedChain } from './feed-chain.ts'
import { runVictim } from './run-victim.ts'
import { until } from './until.ts'
import type { Errand, Orders, Said } from './victim.ts'

const KILLS = Number(process.env['METALIFE_TEST_KILLS'] ?? 25)
/** Rounds between two thorough looks. */
const THOROUGH = 20
const FEEDS = 8
/** Messages that come into the world in each round: several runs that are long enough to be taken head first. */
const SLICE = 250
const SEED = new Uint8Array(32).fill(77)
/** What a dead process does not tell: more than this is not a slow disk but a hang. */
const LIMIT = 60_000 + KILLS * 3_000

test(
  `killed ${KILLS} times while it syncs and posts, a node loses nothing, doubles nothing and forks nothing`,
  { timeout: LIMIT },
  async () => {
    await using folder = await temporaryFolder()
    await using world = await openWorld(folder.path)
    const random = generator(20_261_122)
    await world.victim({ follow: world.feeds, leave: true })
    for (let round = 1; round <= KILLS; round++) {
      const ready = random() > 0.15
      const killAt = { ready, after: Math.floor(random() * (ready ? 400 : 700)) }
      await Promise.all([world.grow(), world.victim({ address: world.address }, round, killAt)])
      world.look(round)
      if (round % THOROUGH === 0) await world.lookThoroughly(false)
    }
    await world.lookThoroughly(true)
  },
)

type World = AsyncDisposable & {
  readonly feeds: readonly string[]
  readonly address: string
  /** More messages in the feeds that the victim follows. */
  grow(): Promise<void>
  victim(
    orders: Partial<Orders>,
    round?: number,
    killAt?: { readonly ready: boolean; readonly after: number },
  ): Promise<void>
  /** After a restart: what the victim said of itself, against what it had acknowledged and what its peer holds. */
  look(round: number): void
  /** Opens the victim's home here, lets it finish, and looks at everything. */
  lookThoroughly(whole: boolean): Promise<void>
}

/** A peer that serves a growing data set, keeps its own copy of the victim's feed, and remembers what was acknowledged. */
async function openWorld(folder: string): Promise<World> {
  await using parts = new AsyncDisposableStack()
  const peer = parts.use(await openSsbNode(join(folder, 'peer'), new Uint8Array(32).fill(200)))
  const peerRecords = recordsOf(peer)
  const feeds = Array.from({ length: FEEDS }, (_, index) => feedKeys(index).id)
  const me = keysOf(SEED).id
  await followAll(peer, [...feeds, me])
  const messages = dataSet(SLICE * (KILLS + 20), FEEDS)
  const chain = new FeedChain(peer.network)
  const errands = new Map<string, { readonly errand: Errand; ref?: string }>()
  const faults: string[] = []
  const address = peer.network.status().addresses[0] ?? ''
  const home = join(folder, 'victim')
  let hearing: Promise<unknown> = Promise.resolve()

  function hear(said: Said): void {
    if ('trying' in said) {
      errands.set(said.trying.key, { errand: said.trying })
    } else if ('done' in said) {
      const known = errands.get(said.done)
      if (!known || said.ref === undefined) return
      if (known.ref !== undefined && known.ref !== said.ref)
        faults.push(`${said.done} was published twice`)
      known.ref = said.ref
    } else {
      const records = said.own.map(({ bytes, ...own }) => {
        return { ...own, feed: me, bytes: Buffer.from(bytes, 'base64') }
      })
      const acknowledged = [...errands.values()].flatMap(({ ref }) => ref ?? [])
      hearing = hearing.then(async () => {
        faults.push(...(await chain.take(records)))
        const lost = acknowledged.filter((ref) => !chain.has(ref))
        faults.push(...lost.map((ref) => `the acknowledged ${ref} is lost`))
        faults.push(...(await disagreements(chain, peerRecords, me)))
      })
    }
  }
  const world: Omit<World, keyof AsyncDisposable> = {
    feeds,
    address,
    async grow() {
      const slice = Array.from({ length: SLICE }, () => messages.next().value as Message)
      await importInto(peer, join(folder, 'slice'), slice)
    },
    async victim(orders, round = 0, killAt) {
      const again = [...errands.values()].flatMap(({ errand, ref }) =>
        ref === undefined ? [errand] : [],
      )
      const all = {
        ...orders,
        folder: home,
        seed: Buffer.from(SEED).toString('hex'),
        round,
        again,
        from: chain.length + 1,
      }
      await runVictim(all, { cache: join(folder, 'cache'), hear, ...(killAt && { killAt }) })
      await hearing
    },
    look(round) {
      assert.deepEqual(faults, [], `after ${round} kills`)
    },
    async lookThoroughly(whole) {
      await using node = await openSsbNode(home, SEED)
      await node.network.actions['connect']?.run({ address }, AbortSignal.timeout(10_000))
      await finish(node, peer, [...feeds, me])
      const records = recordsOf(node)
      assert.deepEqual(await chain.take(await records.range(me, 1, 1_000_000)), [])
      for (const { errand, ref } of errands.values()) await lookFor(node, errand, ref)
      await lookForDoubles(
        node,
        chain,
        [...errands.values()].map(({ errand }) => errand),
      )
      const { forged = 0, fork = 0, invalid = 0 } = peer.network.status().counters
      assert.deepEqual({ forged, fork, invalid }, { forged: 0, fork: 0, invalid: 0 })
      for (const feed of whole ? feeds : []) {
        const one = new FeedChain(node.network)
        assert.deepEqual(await one.take(await records.range(feed, 1, 1_000_000)), [])
        assert.deepEqual(await disagreements(one, peerRecords, feed), [])
      }
    },
  }
  const stack = parts.move()
  return { ...world, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

function recordsOf({ store }: SsbNode): Records {
  return dataHost(socialCore(store, systemClock()), 'ssb', []).records
}

async function importInto(node: SsbNode, path: string, messages: Iterable<Message>): Promise<void> {
  await writeFile(
    path,
    Array.from(messages, ({ bytes }) => `${Buffer.from(bytes).toString()}\n`).join(''),
  )
  const report = (): void => undefined
  await node.network.importFrom?.(path, report, new AbortController().signal)
}

/** Where the copy that a peer holds is not ours. */
async function disagreements(chain: FeedChain, records: Records, feed: string): Promise<string[]> {
  const copies = await records.range(feed, 1, 1_000_000)
  return copies.flatMap(({ id, sequence = 0 }) => {
    const own = chain.idAt(sequence)
    return own === undefined || own === id
      ? []
      : [`message ${sequence} is ${own} here and ${id} at the peer`]
  })
}

/** Everything that waits is sent, and both have all that the other has. */
async function finish(node: SsbNode, peer: SsbNode, feeds: readonly string[]): Promise<void> {
  await until('nothing waits to be sent', async () => {
    const waiting = node.store.read
      .selectFrom('delivery')
      .select('outbox_id')
      .where('state', '!=', 'sent')
    return (await waiting.execute()).length === 0
  })
  const [ours, theirs] = [recordsOf(node), recordsOf(peer)]
  await until('both have everything', async () => {
    const [left, right] = [await headsOf(ours, feeds), await headsOf(theirs, feeds)]
    return left === right
  })
}

async function headsOf(records: Records, feeds: readonly string[]): Promise<string> {
  const heads = await records.heads()
  const known = new Map(heads.map(({ feed, id, checked }) => [feed, `${checked} ${id}`]))
  return feeds.map((feed) => `${feed} ${known.get(feed)}`).join('\n')
}

/** What was acknowledged is there under its name; the same key again makes nothing new. */
async function lookFor(node: SsbNode, errand: Errand, ref: string | undefined): Promise<void> {
  const row = await node.store.read
    .selectFrom('outbox')
    .innerJoin('copy', 'copy.id', 'outbox.copy_id')
    .select('copy.ref')
    .where('outbox.key', '=', errand.key)
    .execute()
  if (ref === undefined) assert.ok(row.length <= 1)
  else
    assert.deepEqual(
      row.map((found) => found.ref),
      [ref],
    )
}

/** No text is there twice: not in the feed, not in the home timeline, not among the private messages. */
async function lookForDoubles(
  node: SsbNode,
  chain: FeedChain,
  errands: readonly Errand[],
): Promise<void> {
  const { social } = node
  const posts = await everything((page) => social.home(page))
  assert.equal(
    new Set(posts.map(({ ref }) => ref.id)).size,
    posts.length,
    'a post is twice in the home timeline',
  )
  const [conversation] = (await social.conversations()).items
  const messages = conversation
    ? await everything((page) => social.messages(conversation.id, page))
    : []
  const shown = countsOf([...posts, ...messages].map(({ content }) => content.text.body))
  for (const { text, secret } of errands) {
    const expected = secret ? 1 : chain.texts.get(text)
    if (shown.get(text) === undefined && chain.texts.get(text) === undefined) continue
    assert.equal(expected, 1, `${text} is in the feed ${expected} times`)
    assert.equal(shown.get(text), 1, `${text} is shown ${shown.get(text)} times`)
  }
}

function countsOf(texts: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return counts
}

async function everything<T>(ask: (page: PageRequest) => Promise<Page<T>>): Promise<readonly T[]> {
  const all: T[] = []
  for (let after: string | undefined; ;) {
    const { items, next } = await ask({ limit: 40, ...(after !== undefined && { after }) })
    all.push(...items)
    if (next === undefined) return all
    after = next
  }
}

/** The same moments in every run. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
