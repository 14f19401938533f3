// The JavaScript stack doing the same work, in a process of its own:
//   reference.cjs sync FOLDER ADDRESS DUMP   a fresh peer syncs every feed of the dump from ADDRESS
//   reference.cjs publish FOLDER COUNT       publishes posts: each on disk before the next, and so many in a row
// prints one line of JSON
'use strict'
const fs = require('node:fs')
const path = require('node:path')
const { promisify } = require('node:util')
const { createRequire } = require('node:module')
const load = createRequire(path.join(__dirname, '../../test/interop/stack/package.json'))

const [work, folder, ...rest] = process.argv.slice(2)
fs.mkdirSync(folder, { recursive: true })
const keys = load('ssb-keys').loadOrCreateSync(path.join(folder, 'secret'))
let stack = load('secret-stack')({ caps: load('ssb-caps') })
for (const name of ['ssb-db2', 'ssb-db2/compat', 'ssb-friends', 'ssb-ebt'])
  stack = stack.use(load(name))
const ssb = stack({
  path: folder,
  keys,
  timers: { inactivity: 600e3, handshake: 15e3 },
  friends: { hops: 3 },
  connections: {
    incoming: {
      net: [{ scope: ['device', 'local'], host: '127.0.0.1', port: 18_960, transform: 'shs' }],
    },
    outgoing: { net: [{ transform: 'shs' }] },
  },
})

async function sync(address, dump) {
  const lines = fs.readFileSync(dump, 'utf8').trim().split('\n')
  const feeds = new Set(lines.map((line) => /"author":"([^"]+)"/.exec(line)[1]))
  const total = lines.length
  lines.length = 0
  let seen = 0
  const all = new Promise((resolve) =>
    ssb.db.onMsgAdded(() => void (++seen === total && resolve())),
  )
  let rss = 0
  const sample = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), 20)
  const before = process.cpuUsage()
  const started = performance.now()
  ssb.ebt.request(ssb.id, true)
  for (const feed of feeds) ssb.ebt.request(feed, true)
  await promisify(ssb.connect)(address)
  await all
  await promisify(ssb.db.onDrain)('base')
  const { where, and, type, descending, paginate, toPromise } = load('ssb-db2/operators')
  const page = await ssb.db.query(where(and(type('post'))), descending(), paginate(20), toPromise())
  const served = performance.now() - started
  const used = process.cpuUsage(before)
  clearInterval(sample)
  if (page.results.length !== 20) throw new Error('no page')
  return { served, checked: served, cpu: (used.user + used.system) / 1000, rss }
}

async function publish(count) {
  const create = promisify(ssb.db.create)
  const drained = promisify((done) => ssb.db.getLog().onDrain(done))
  // A message is on disk only after the log's next flush: each of these waits for it before the next.
  const single = 20
  const began = performance.now()
  for (let i = 0; i < single; i++) {
    await create({
      content: { type: 'post', text: `single ${i} ${'lorem ipsum '.repeat(18)}` },
      keys,
    })
    await drained()
  }
  const each = (single / (performance.now() - began)) * 1000
  const started = performance.now()
  for (let i = 0; i < count; i++) {
    await create({
      content: { type: 'post', text: `post ${i} ${'lorem ipsum '.repeat(18)}` },
      keys,
    })
  }
  const accepted = performance.now() - started
  await drained()
  const durable = performance.now() - started
  return { each, accepted: (count / accepted) * 1000, durable: (count / durable) * 1000 }
}

const works = { sync: () => sync(rest[0], rest[1]), publish: () => publish(Number(rest[0])) }
works[work]().then(
  (result) => {
    process.stdout.write(`${JSON.stringify(result)}\n`)
    process.exit(0)
  },
  (error) => {
    process.stderr.write(`${error.stack}\n`)
    process.exit(1)
  },
)
