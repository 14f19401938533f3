/** Publishes so many posts, one awaited after the other: `publish.ts FOLDER COUNT` prints posts per second. */
import { openSsbNode } from '#rig/ssb-node.ts'

const [folder = '', count = '1'] = process.argv.slice(2)
await using node = await openSsbNode(folder, new Uint8Array(32).fill(101))
const started = performance.now()
for (let i = 0; i < Number(count); i++) {
  const body = `post ${i} ${'lorem ipsum '.repeat(18)}`
  await node.social.post({ text: { format: 'markdown', body } })
}
// What is acknowledged has been committed: it outlives the process at once.
const durable = (Number(count) / (performance.now() - started)) * 1000
console.log(JSON.stringify({ each: durable, accepted: durable, durable }))
process.exit(0)
