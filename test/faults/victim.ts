/**
 * A node that is going to be killed: `victim.ts JSON` (see `Orders`) says what its own feed holds, then syncs and posts
 * until it is killed. It speaks one line of JSON for each thing that happens (see `Said`), written before it goes on.
 */
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { systemClock } from '#base/clock.ts'
import { dataHost } from '#rig/data-node.ts'
import { followAll, openSsbNode, type SsbNode } from '#rig/ssb-node.ts'
import { socialCore } from '#social/core.ts'

/** Something to be published under a key; `secret` ones are private messages to oneself. */
export type Errand = { readonly key: string; readonly text: string; readonly secret: boolean }

export type Orders = {
  readonly folder: string
  /** 64 hex digits. */
  readonly seed: string
  /** Feeds to follow before anything else. */
  readonly follow?: readonly string[]
  /** Leaves by itself as soon as it is ready. */
  readonly leave?: boolean
  /** The peer to sync with. */
  readonly address?: string
  /** What was not acknowledged last time, to be asked for again. */
  readonly again?: readonly Errand[]
  /** Tells its own records from this sequence on. */
  readonly from?: number
  readonly round: number
}

export type Said =
  | {
      readonly own: readonly {
        readonly id: string
        readonly sequence: number
        readonly bytes: string
      }[]
    }
  | { readonly trying: Errand }
  | { readonly done: string; readonly state: string; readonly ref?: string }

const [text = '{}'] = process.argv.slice(2)
const orders = JSON.parse(text) as Orders
const node = await openSsbNode(orders.folder, Buffer.from(orders.seed, 'hex'))
if (orders.follow) await followAll(node, orders.follow)
say({ own: await ownRecords(node, orders.from ?? 1) })
if (orders.leave) {
  await node[Symbol.asyncDispose]()
  process.exit(0)
}
if (orders.address !== undefined) {
  // A peer that is not there costs nothing here: the parent sees what was synced.
  node.network.actions['connect']
    ?.run({ address: orders.address }, AbortSignal.timeout(10_000))
    .catch(() => undefined)
}
for (const errand of orders.again ?? []) await publish(node, errand)
await Promise.all([lane('a'), lane('b'), lane('c')])

async function lane(name: string): Promise<void> {
  for (let count = 0; ; count++) {
    const key = `${orders.round}-${name}-${count}`
    const errand = { key, text: `Errand ${key}.`, secret: count % 4 === 3 }
    say({ trying: errand })
    await publish(node, errand)
    await pause((count * 7 + name.charCodeAt(0)) % 4)
  }
}

async function publish(
  { social, id }: SsbNode,
  { key, text: body, secret }: Errand,
): Promise<void> {
  const writing = { text: { format: 'markdown', body } } as const
  const { deliveries } = secret
    ? await social.message([id], writing, { key })
    : await social.post(writing, { key })
  const [delivery] = deliveries
  const { state = 'nothing', ref } = delivery ?? {}
  say({ done: key, state, ...(ref && { ref: ref.id }) })
}

async function ownRecords({ store, id }: SsbNode, from: number) {
  const { records } = dataHost(socialCore(store, systemClock()), 'ssb', [])
  const range = await records.range(id, from, 1_000_000)
  return range.map(({ id: ref, sequence = 0, bytes }) => {
    return { id: ref, sequence, bytes: Buffer.from(bytes).toString('base64') }
  })
}

/** Written at once: what was said before a kill was said. */
function say(said: Said): void {
  writeSync(1, `${JSON.stringify(said)}\n`)
}
