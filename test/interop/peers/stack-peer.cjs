// A peer of the JavaScript stack, driven over stdio: one JSON command a line in, one JSON answer or event a line out.
// usage: node stack-peer.cjs FOLDER PORT [HOST [MAX_BLOB]] — `{"id":1,"do":"whoami"}` → `{"id":1,"ok":"@…"}`
'use strict'
const path = require('node:path')
const fs = require('node:fs')
const readline = require('node:readline')
const { promisify } = require('node:util')
const { createRequire } = require('node:module')
const load = createRequire(path.join(__dirname, '../stack/package.json'))

// stdout carries answers only: what plugins print goes beside it.
console.log = console.error
const [folder, port, host = '127.0.0.1', maxBlob] = process.argv.slice(2)
fs.mkdirSync(folder, { recursive: true })
const keys = load('ssb-keys').loadOrCreateSync(path.join(folder, 'secret'))
const pull = load('pull-stream')
const plugins = ['ssb-db2', 'ssb-db2/compat', 'ssb-friends', 'ssb-ebt', 'ssb-blobs']
plugins.push(
  'ssb-replication-scheduler',
  'ssb-conn',
  'ssb-room-client',
  'ssb-invite-client',
  'ssb-lan',
)

let stack = load('secret-stack')({ caps: load('ssb-caps') })
// ssb-lan reads `ssb.keys`, which this version of secret-stack does not set.
stack = stack.use({ name: 'keysForLan', version: '1.0.0', init: (ssb) => void (ssb.keys = keys) })
for (const name of plugins) {
  try {
    stack = stack.use(load(name))
  } catch (error) {}
}
const ssb = stack({
  path: folder,
  keys,
  timers: { inactivity: 600e3, handshake: 15e3 },
  friends: { hops: 3 },
  ...(maxBlob && { blobs: { max: Number(maxBlob) } }),
  replicationScheduler: { autostart: true },
  conn: { autostart: false, firewall: { rejectBlocked: true, rejectUnknown: false } },
  connections: {
    incoming: {
      net: [{ scope: ['device', 'local', 'public'], host, port: Number(port), transform: 'shs' }],
      tunnel: [{ scope: 'public', transform: 'shs' }],
    },
    outgoing: { net: [{ transform: 'shs' }], tunnel: [{ transform: 'shs' }] },
  },
})

// readline ends a line at U+2028 and U+2029 too.
function say(value) {
  const text = JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  process.stdout.write(`${text}\n`)
}

function addBlob(bytes) {
  return new Promise((resolve, reject) => {
    const source = bytes.length ? pull.values([bytes]) : pull.empty()
    pull(
      source,
      ssb.blobs.add((error, id) => (error ? reject(error) : resolve(id))),
    )
  })
}

function getBlob(id, blobs = ssb.blobs) {
  return new Promise((resolve, reject) => {
    pull(
      blobs.get(id),
      pull.collect((error, parts) => (error ? reject(error) : resolve(Buffer.concat(parts)))),
    )
  })
}

const commands = {
  whoami: async () => ssb.id,
  address: async () =>
    ssb.getAddress('device') || ssb.getAddress('public') || ssb.getAddress('local'),
  publish: ({ content }) =>
    promisify(ssb.db.create)({ content, keys }).then((message) => message.key),
  private: ({ content, to }) =>
    promisify(ssb.db.create)({ content, keys, recps: to, encryptionFormat: 'box' }).then(
      (message) => message.key,
    ),
  posts: async ({ count, text }) => {
    for (let i = 0; i < count; i++) {
      await promisify(ssb.db.create)({ content: { type: 'post', text: `${text} ${i}` }, keys })
    }
  },
  get: async ({ key }) => promisify(ssb.db.get)(key),
  decrypted: ({ key }) => promisify(ssb.db.getMsg)(key).then((message) => message.value.content),
  flush: () => promisify(ssb.db.getLog().onDrain)().then(() => null),
  sequence: async ({ feed }) => (await promisify(ssb.getVectorClock)())[feed] ?? 0,
  connect: ({ address, type }) =>
    promisify(ssb.conn.connect)(address, type ? { type } : {}).then(() => true),
  request: async ({ feed }) => void ssb.ebt.request(feed, true),
  'blob-add': ({ base64 }) => addBlob(Buffer.from(base64, 'base64')),
  'blob-want': ({ blob }) => promisify(ssb.blobs.want)(blob),
  'blob-get': ({ blob }) => getBlob(blob).then((bytes) => bytes.toString('base64')),
  'blob-get-from': ({ peer, blob }) =>
    getBlob(blob, ssb.peers[peer][0].blobs).then((bytes) => bytes.toString('base64')),
  'hang-up': async ({ peer }) => {
    for (const rpc of [...ssb.peers[peer]]) rpc.close(true, () => {})
  },
  invite: ({ code }) => promisify(ssb.invite.accept)(code),
  'lan-heard': async () => heard,
  'conn-start': async () => void ssb.conn.start(),
  'room-endpoints': async () => Object.keys(ssb.peers),
  hops: () => promisify(ssb.friends.hops)({}),
}

const heard = []
pull(
  ssb.lan.discoveredPeers(),
  pull.drain((found) => void heard.push(found)),
)

let messages = 0
ssb.db.onMsgAdded(() => {
  messages += 1
})
commands.messages = async () => messages

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line)
  try {
    const ok = await commands[command.do](command)
    say({ id: command.id, ok: ok ?? null })
  } catch (error) {
    say({ id: command.id, error: String((error && error.message) || error) })
  }
})
// The stack's own close can hang on live streams: ending the process is the way out.
process.stdin.on('close', () => process.exit(0))
process.on('uncaughtException', (error) =>
  say({ event: 'crash', error: String(error && error.stack) }),
)
ssb.once('multiserver:listening', () => say({ event: 'ready', feed: ssb.id }))
