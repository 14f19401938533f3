/**
 * A process that serves a data set by EBT: `serve.ts FOLDER DUMP` takes the dump in where the folder is new, prints
 * `{"address"}` when it is ready and `{"cpu"}` (milliseconds) when its input ends.
 */
import { createReadStream, existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { feedKeys } from './data-set.ts'
import { followAll, openSsbNode } from '#rig/ssb-node.ts'

const [folder = '', dump = '', feeds = '200'] = process.argv.slice(2)
const isNew = !existsSync(folder)
const node = await openSsbNode(folder, new Uint8Array(32).fill(200))
if (isNew) {
  await followAll(
    node,
    Array.from({ length: Number(feeds) }, (_, index) => feedKeys(index).id),
  )
  await node.network.importFrom?.(dump, () => undefined, new AbortController().signal)
}
const before = process.cpuUsage()
console.log(JSON.stringify({ address: node.network.status().addresses[0] }))
for await (const _ of createInterface({ input: createReadStream('', { fd: 0 }) })) continue
const { user, system } = process.cpuUsage(before)
console.log(JSON.stringify({ cpu: (user + system) / 1000 }))
process.exit(0)
