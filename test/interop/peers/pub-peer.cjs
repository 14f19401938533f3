// The classic pub server on loopback, driven like stack-peer.cjs: whoami, address, invite, sequence, publish, follow.
// usage: node pub-peer.cjs FOLDER PORT
'use strict'
const path = require('node:path')
const fs = require('node:fs')
const readline = require('node:readline')
const { promisify } = require('node:util')
const { createRequire } = require('node:module')
const load = createRequire(path.join(__dirname, '../pub/package.json'))

const [folder, port] = process.argv.slice(2)
fs.mkdirSync(folder, { recursive: true })
const keys = load('ssb-keys').loadOrCreateSync(path.join(folder, 'secret'))
const config = load('ssb-config/inject')('test', {
  path: folder,
  keys,
  allowPrivate: true,
  pub: false,
  timers: { inactivity: 600e3, handshake: 15e3 },
  connections: {
    incoming: { net: [{ scope: ['public', 'device', 'local'], host: '127.0.0.1', port: Number(port), transform: 'shs' }] },
    outgoing: { net: [{ transform: 'shs' }] },
  },
  caps: { shs: load('ssb-caps').shs },
})
const server = load('secret-stack')({ caps: { shs: load('ssb-caps').shs } })
for (const name of ['ssb-db', 'ssb-master', 'ssb-gossip', 'ssb-replicate', 'ssb-friends', 'ssb-blobs', 'ssb-invite', 'ssb-ebt']) {
  try {
    server.use(load(name))
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
  }
}
const ssb = server(config)

const commands = {
  whoami: async () => ssb.id,
  address: async () => ssb.getAddress('device') || ssb.getAddress('public') || ssb.getAddress('local'),
  invite: ({ uses }) => promisify(ssb.invite.create)({ uses, modern: false, external: '127.0.0.1' }),
  publish: ({ content }) => promisify(ssb.publish)(content).then((message) => message.key),
  sequence: async ({ feed }) => {
    const clock = await promisify(ssb.getVectorClock)()
    return clock[feed] ?? 0
  },
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line)
  try {
    const ok = await commands[command.do](command)
    process.stdout.write(`${JSON.stringify({ id: command.id, ok: ok ?? null })}\n`)
  } catch (error) {
    process.stdout.write(`${JSON.stringify({ id: command.id, error: String((error && error.message) || error) })}\n`)
  }
})
process.stdin.on('close', () => process.exit(0))
ssb.once('multiserver:listening', () => {
  process.stdout.write(`${JSON.stringify({ event: 'ready', feed: ssb.id })}\n`)
})
