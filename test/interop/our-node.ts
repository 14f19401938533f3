/**
 * Our node in a process of its own, driven over stdio like the foreign peers: for suites that must place it elsewhere.
 *
 * usage: node our-node.ts FOLDER PORT [SETTINGS] — the settings are JSON; prints a `ready` line with feed and address
 */
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { systemClock } from '#base/clock.ts'
import { isObject, type Json } from '#base/json.ts'
import { keysOf } from '#networks/ssb/identity.ts'
import { startLanDiscovery, type LanPeer } from '#networks/ssb/meet/lan/discovery.ts'
import { ssbSettings } from '#networks/ssb/settings.ts'
import { openSsbNode } from '#rig/ssb-node.ts'

const [folder = '', port = '0', settings = '{}'] = process.argv.slice(2)
const given: unknown = JSON.parse(settings)
const more: Record<string, unknown> = {
  'ssb-port': Number(port),
  ...(isObject(given) ? given : {}),
}
const seed = randomBytes(32)
const node = await openSsbNode(folder, seed, more)

const heard: LanPeer[] = []
const mainCaps = ssbSettings.find(({ name }) => name === 'ssb-caps')
const caps = mainCaps?.parse(mainCaps.default) as Uint8Array
// A second pair of ears beside the node's own: it tells in which of the two forms a peer was heard. Where the node's own is
// switched off (`ssb-lan` false) it also announces, so that others know us and we dial nobody.
const onlyHears = more['ssb-lan'] === true
const ears = await startLanDiscovery({
  keys: keysOf(onlyHears ? randomBytes(32) : seed),
  caps,
  clock: systemClock(),
  port: () => (onlyHears ? undefined : Number(port)),
  heard: (peer) => void heard.push(peer),
})

const commands: Readonly<
  Record<string, (fields: Readonly<Record<string, Json>>) => Promise<Json>>
> = {
  follow: async ({ feed }) => {
    await node.social.follow(String(feed), true)
    return null
  },
  post: async ({ text }) => {
    await node.social.post({ text: { format: 'markdown', body: String(text) } })
    return null
  },
  sequence: async ({ feed }) => {
    const row = await node.store.read
      .selectFrom('feed')
      .innerJoin('identity', 'identity.id', 'feed.identity_id')
      .select('feed.checked')
      .where('identity.ref', '=', String(feed))
      .executeTakeFirst()
    return row?.checked ?? 0
  },
  heard: async () => heard.map(({ peer, address, verified }) => ({ peer, address, verified })),
  peers: async () =>
    node.network.status().peers.map(({ id, address, state }) => ({ id, address, state })),
}

function say(value: Json): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}

async function answer(line: string): Promise<void> {
  const command: unknown = JSON.parse(line)
  if (!isObject(command)) return
  const { id = null, do: name } = command
  try {
    const run = commands[String(name)]
    if (!run) throw new Error(`there is no command ${String(name)}`)
    say({ id, ok: await run(command) })
  } catch (error) {
    say({ id, error: error instanceof Error ? error.message : String(error) })
  }
}

async function end(): Promise<void> {
  await ears[Symbol.asyncDispose]()
  await node[Symbol.asyncDispose]()
}

createInterface({ input: process.stdin })
  .on('line', (line) => void answer(line))
  .on('close', () => void end())
say({ event: 'ready', feed: node.id, addresses: [...node.network.status().addresses] })
