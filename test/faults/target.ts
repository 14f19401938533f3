/**
 * A node under attack, in a process of its own, so that its memory and its event loop are its own: `target.ts JSON` prints
 * `{"address"}`, then answers every line of its input (see `Ask`) with one line (see `State`). An unhandled rejection ends it.
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { systemClock } from '#base/clock.ts'
import { dataHost } from '#rig/data-node.ts'
import { followAll, openSsbNode } from '#rig/ssb-node.ts'
import { socialCore } from '#social/core.ts'

export type TargetOrders = {
  readonly folder: string
  readonly seed: string
  readonly follow: readonly string[]
  readonly settings?: Readonly<Record<string, unknown>>
}

/** What is to be done first; what is absent is not done. */
export type Ask = {
  readonly post?: string
  /** A blob to want, and how many milliseconds to wait for it. */
  readonly want?: string
  readonly wait?: number
  /** A feed whose newest checked sequence is told. */
  readonly feed?: string
}

export type State = {
  /** Bytes after a collection of garbage: what the process holds, and what of that is in use by JavaScript. */
  readonly rss: number
  readonly live: number
  /** Milliseconds of its processor that the event loop was held up at most, since the last question. */
  readonly held: number
  readonly counters: Readonly<Record<string, number>>
  readonly peers: readonly string[]
  readonly readOnly?: string
  readonly posted?: string
  /** Whether the wanted blob came in time. */
  readonly came?: boolean
  readonly checked?: number
}

/** How often the event loop is looked at, in milliseconds. */
const PULSE = 10

const { folder, seed, follow, settings } = JSON.parse(process.argv[2] ?? '{}') as TargetOrders
const node = await openSsbNode(folder, Buffer.from(seed, 'hex'), settings)
await followAll(node, follow)
const { records } = dataHost(socialCore(node.store, systemClock()), 'ssb', [])
let last = 0
let held = 0
setInterval(() => {
  // The processor's time, not the wall's: what other programs take from us is not held up by us.
  const now = mainThread()
  held = Math.max(held, now - last)
  last = now
}, PULSE)
say({ address: node.network.status().addresses[0] })
for await (const line of createInterface({ input: createReadStream('', { fd: 0 }) })) {
  say(await answer(JSON.parse(line) as Ask))
}
await node[Symbol.asyncDispose]()
process.exit(0)

function mainThread(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

async function answer({ post, want, wait = 50, feed }: Ask): Promise<State> {
  const posted = post === undefined ? undefined : await publish(post)
  const came = want === undefined ? undefined : await wish(want, wait)
  const checked = feed === undefined ? undefined : ((await records.head(feed))?.checked ?? 0)
  const heldBefore = held
  globalThis.gc?.()
  const { counters, peers, readOnly } = node.network.status()
  const { rss, heapUsed, external } = process.memoryUsage()
  const state = {
    rss,
    live: heapUsed + external,
    held: heldBefore,
    counters,
    peers: peers.flatMap(({ id, state: is }) => (is === 'connected' ? [id] : [])),
    ...(readOnly !== undefined && { readOnly }),
    ...(posted !== undefined && { posted }),
    ...(came !== undefined && { came }),
    ...(checked !== undefined && { checked }),
  }
  last = mainThread()
  held = 0
  return state
}

async function publish(body: string): Promise<string> {
  const { deliveries } = await node.social.post({ text: { format: 'markdown', body } })
  return deliveries[0]?.state ?? 'nothing'
}

async function wish(blob: string, wait: number): Promise<boolean> {
  try {
    await node.network.actions['blob-want']?.run({ blob }, AbortSignal.timeout(wait))
    return true
  } catch {
    // The want is kept when the waiting for it ends.
    return false
  }
}

function say(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
