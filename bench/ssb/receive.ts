/**
 * A fresh node of ours syncs a data set: `receive.ts FOLDER ADDRESS MESSAGES FEEDS` prints one line of JSON:
 * milliseconds to the first served page of the whole home timeline and until every signature is checked, processor
 * milliseconds until then, and the most memory in bytes.
 */
import { feedKeys } from './data-set.ts'
import { followAll, openSsbNode } from '#rig/ssb-node.ts'

const [folder = '', address = '', messages = '0', feeds = '0'] = process.argv.slice(2)
const total = Number(messages)
await using node = await openSsbNode(folder, new Uint8Array(32).fill(100))
await followAll(
  node,
  Array.from({ length: Number(feeds) }, (_, index) => feedKeys(index).id),
)

let rss = 0
const sample = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), 20)
const own = count('stored')
const ownChecked = count('checked')
const cpu = process.cpuUsage()
const started = performance.now()
await node.network.actions['connect']?.run({ address }, AbortSignal.timeout(60_000))
await until(() => count('stored') - own >= total)
const page = await node.social.home({ limit: 20 })
const served = performance.now() - started
await until(() => count('checked') - ownChecked >= total)
const checked = performance.now() - started
const used = process.cpuUsage(cpu)
clearInterval(sample)
if (page.items.length !== 20) throw new Error(`the home timeline has ${page.items.length} posts`)
console.log(JSON.stringify({ served, checked, cpu: (used.user + used.system) / 1000, rss }))
process.exit(0)

function count(name: string): number {
  return node.network.status().counters[name] ?? 0
}

async function until(good: () => boolean): Promise<void> {
  const limit = Date.now() + 300_000
  while (!good()) {
    if (Date.now() > limit) throw new Error(`no end: ${JSON.stringify(node.network.status())}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
