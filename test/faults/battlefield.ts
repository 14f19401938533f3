/** A node under attack with an honest peer beside it, and the question whether all is still well. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '#rig/data-node.ts'
import { openSsbNode, type SsbNode } from '#rig/ssb-node.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { openBlobs } from '#store/blobs/blob-store.ts'
import type { Message } from '#networks/ssb/feed/message.ts'
import { runTarget } from './run-target.ts'
import type { Ask, State } from './target.ts'
import { until } from './until.ts'

export interface Battlefield extends AsyncDisposable {
  readonly address: string
  /** Asks the node under attack. */
  ask(ask?: Ask): Promise<State>
  /** The feed of the node under attack. */
  readonly own: string
  readonly honest: SsbNode
  /** Gives messages to the honest peer. */
  teach(messages: readonly Message[]): Promise<void>
  /** Gives a blob to the honest peer. */
  lend(bytes: Uint8Array): Promise<void>
  /**
   * What the honest peer posts arrives within five seconds, and the attack so far has cost little.
   *
   * @returns by how much each counter has grown since the last time
   */
  holds(): Promise<Readonly<Record<string, number>>>
}

/**
 * Bytes that attacks may cost while they go on, garbage collected: what is in use, and what the process holds. The second is
 * larger because the allocator gives little back of what a body of a mebibyte once took.
 */
const LIVE = 32 * 1024 * 1024
const HELD_BYTES = 256 * 1024 * 1024
/** Milliseconds that the event loop may be held up at most. */
const HELD = 250

/** Opens it; the node under attack follows the honest peer and `feeds`. */
export async function openBattlefield(feeds: readonly string[]): Promise<Battlefield> {
  await using parts = new AsyncDisposableStack()
  const { path } = parts.use(await temporaryFolder())
  const [seed, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const honest = parts.use(await openSsbNode(join(path, 'honest'), other))
  const own = keysOf(seed).id
  const orders = { folder: join(path, 'target'), seed: seed.toString('hex') }
  const target = parts.use(await runTarget({ ...orders, follow: [honest.id, ...feeds] }))
  for (const feed of [own, ...feeds]) await honest.social.follow(feed, true)
  await honest.network.actions['connect']?.run(
    { address: target.address },
    AbortSignal.timeout(10_000),
  )
  let last: State | undefined
  let base: State | undefined
  let held = 0
  async function ask(what?: Ask): Promise<State> {
    const state = await target.ask(what)
    held = Math.max(held, state.held)
    return state
  }
  const field: Omit<Battlefield, keyof AsyncDisposable> = {
    address: target.address,
    ask,
    own,
    honest,
    async teach(messages) {
      const file = join(path, 'lesson')
      await writeFile(
        file,
        messages.map(({ bytes }) => `${Buffer.from(bytes).toString()}\n`).join(''),
      )
      await honest.network.importFrom?.(file, () => undefined, new AbortController().signal)
    },
    async lend(bytes) {
      const blobs = await openBlobs(join(path, 'honest', 'blobs'), new Uint8Array(32).fill(9))
      await blobs.put(
        (async function* () {
          yield bytes
        })(),
      )
    },
    async holds() {
      const before = last
      const { deliveries } = await honest.social.post({
        text: { format: 'markdown', body: 'Still here.' },
      })
      const sequence = await sequenceOf(honest, deliveries[0]?.ref?.id ?? '')
      await until(
        'a post of the honest peer arrived',
        async () => ((await ask({ feed: honest.id })).checked ?? 0) >= sequence,
        5_000,
      )
      last = await ask()
      base ??= last
      assertBelow('the memory in use grew by', last.live - base.live, LIVE)
      assertBelow('the memory of the process grew by', last.rss - base.rss, HELD_BYTES)
      assert.ok(held < HELD, `the event loop was held up for ${Math.round(held)} ms`)
      held = 0
      return differences(before?.counters ?? {}, last.counters)
    },
  }
  // What comes first warms up: it is what the attacks are measured against.
  for (let count = 0; count < 20; count++)
    await honest.social.post({ text: { format: 'plain', body: 'Hello.' } })
  await field.holds().catch(() => undefined)
  held = 0
  const stack = parts.move()
  return { ...field, [Symbol.asyncDispose]: () => stack.disposeAsync() }
}

async function sequenceOf({ store }: SsbNode, id: string): Promise<number> {
  const row = await store.read
    .selectFrom('record')
    .innerJoin('copy', 'copy.id', 'record.copy_id')
    .select('record.sequence')
    .where('copy.ref', '=', id)
    .executeTakeFirstOrThrow()
  return row.sequence ?? 0
}

function assertBelow(what: string, bytes: number, limit: number): void {
  assert.ok(bytes < limit, `${what} ${Math.round(bytes / 2 ** 20)} MiB`)
}

function differences(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [name, value - (before[name] ?? 0)]),
  )
}
