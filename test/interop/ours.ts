/** A node of ours in this process, and what the suites ask of it and of the peers beside it. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { randomBytes } from 'node:crypto'
import type { Json } from '#base/json.ts'
import type { PeerStatus } from '#network/network.ts'
import { openSsbNode, type SsbNode } from '#rig/ssb-node.ts'
import type { PeerProcess } from './peer-process.ts'

/** Our node with its temporary folder; disposing closes it and removes the folder. */
export interface Ours extends SsbNode {
  readonly folder: string
  /** `net:127.0.0.1:port~shs:key`: what others dial. */
  readonly address: string
  /** Runs an action of the network, with a deadline. */
  act(action: string, parameters: Readonly<Record<string, string>>, ms?: number): Promise<Json>
  /** Newest message of a feed that is here and checked; 0 when none is. */
  sequence(feed: string): Promise<number>
  /** The stored bytes of one message, as text. */
  message(feed: string, sequence: number): Promise<{ readonly id: string; readonly text: string }>
  peer(id: string): PeerStatus | undefined
  /** Asks again after every change of the node until the answer is true. @throws Error after `ms` */
  until(what: string, good: () => boolean | Promise<boolean>, ms?: number): Promise<void>
}

/** The reason to skip when the packages of a foreign peer are not installed, else false. */
export function whyWithout(...packages: readonly ('stack' | 'pub' | 'room')[]): string | false {
  const missing = packages.filter(
    (name) => !existsSync(join(import.meta.dirname, name, 'node_modules')),
  )
  if (missing.length === 0) return false
  return `the peers of test/interop/${missing.join(' and ')} are not installed (npm run test:interop does it)`
}

/** `net:127.0.0.1:port~shs:key` of a foreign peer. */
export function addressOf({ feed, port }: PeerProcess): string {
  return `net:127.0.0.1:${port}~shs:${keyOf(feed)}`
}

/** The base64 inside a feed id. */
export function keyOf(feed: string): string {
  return feed.slice(1, -'.ed25519'.length)
}

/** The content of a follow, for peers that take contents. */
export function follow(contact: string): Json {
  return { type: 'contact', contact, following: true }
}

/** What our own side takes to write something. */
export function writing(body: string): { text: { format: 'markdown'; body: string } } {
  return { text: { format: 'markdown', body } }
}

/** Opens a node of a new identity. */
export async function openOurs(settings: Readonly<Record<string, unknown>> = {}): Promise<Ours> {
  const folder = await mkdtemp(join(tmpdir(), 'metalife-ours-'))
  const node = await openSsbNode(folder, randomBytes(32), settings)
  const records = (feed: string, sequence: number) =>
    node.store.read
      .selectFrom('record')
      .innerJoin('copy', 'copy.id', 'record.copy_id')
      .innerJoin('identity', 'identity.id', 'record.feed_id')
      .select(['copy.ref as id', 'record.bytes'])
      .where('identity.ref', '=', feed)
      .where('record.sequence', '=', sequence)
  return {
    ...node,
    folder,
    get address() {
      return node.network.status().addresses[0] ?? ''
    },
    async act(action, parameters, ms = 20_000) {
      const found = node.network.actions[action]
      if (!found) throw new Error(`our network has no action ${action}`)
      return await found.run(parameters, AbortSignal.timeout(ms))
    },
    async sequence(feed) {
      const row = await node.store.read
        .selectFrom('feed')
        .innerJoin('identity', 'identity.id', 'feed.identity_id')
        .select('feed.checked')
        .where('identity.ref', '=', feed)
        .executeTakeFirst()
      return row?.checked ?? 0
    },
    async message(feed, sequence) {
      const { id, bytes } = await records(feed, sequence).executeTakeFirstOrThrow()
      return { id, text: Buffer.from(bytes).toString() }
    },
    peer: (id) => node.network.status().peers.find((peer) => peer.id === id),
    until: (what, good, ms = 20_000) => until(node, what, good, ms),
    async [Symbol.asyncDispose]() {
      await node[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** How often to look for what has no event of its own (refusals, traffic). */
const LOOK = 100

async function until(
  { social }: SsbNode,
  what: string,
  good: () => boolean | Promise<boolean>,
  ms: number,
): Promise<void> {
  const over = new AbortController()
  const signal = AbortSignal.any([AbortSignal.timeout(ms), over.signal])
  // Listening begins before the first look: no change falls between the two.
  const changes = social.changes(signal)[Symbol.asyncIterator]()
  let change = changes.next()
  try {
    while (!(await good())) {
      const tick = setTimeout(LOOK, false)
      const changed = await Promise.race([change.then(() => true), tick])
      if (signal.aborted) throw new Error(`not within ${ms} ms: ${what}`)
      if (changed) change = changes.next()
    }
  } finally {
    over.abort()
    await change
  }
}
