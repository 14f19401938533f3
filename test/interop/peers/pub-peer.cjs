// The classic pub server on loopback, driven like stack-peer.cjs: whoami, address, invite, sequence, publish, get.
// usage: node pub-peer.cjs FOLDER PORT [history] — with `history` it speaks no EBT, only history streams
'use strict'
const path = require('node:path')
const fs = require('node:fs')
const readline = require('node:readline')
const { promisify } = require('node:util')
const { createRequire } = require('node:module')
const load = createRequire(path.join(__dirname, '../pub/package.json'))

// stdout carries answers only: what plugins print goes beside it.
console.log = console.error
const [folder, port, mode] = process.argv.slice(2)
fs.mkdirSync(folder, { recursive: true })
const keys = load('ssb-keys').loadOrCreateSync(path.join(folder, 'secret'))
const config = load('ssb-config/inject')('test', {
  path: folder,
  keys,
  allowPrivate: true,
  pub: false,
  // With EBT, history streams only where the peer has no EBT.
  replicate: { fallback: mode !== 'history' },
  timers: { inactivity: 600e3, handshake: 15e3 },
  connections: {
    incoming: {
      net: [
        {
          scope: ['public', 'device', 'local'],
          host: '127.0.0.1',
          port: Number(port),
          transform: 'shs',
        },
      ],
    },
    outgoing: { net: [{ transform: 'shs' }] },
  },
  caps: { shs: load('ssb-caps').shs },
})
const server = load('secret-stack')({ caps: { shs: load('ssb-caps').shs } })
const plugins = [
  'ssb-db',
  'ssb-master',
  'ssb-gossip',
  'ssb-replicate',
  'ssb-friends',
  'ssb-blobs',
  'ssb-invite',
]
if (mode !== 'history') plugins.push('ssb-ebt')
for (const name of plugins) {
  try {
    server.use(load(name))
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
  }
}
const ssb = server(config)

const commands = {
  whoami: async () => ssb.id,
  address: async () =>
    ssb.getAddress('device') || ssb.getAddress('public') || ssb.getAddress('local'),
  invite: ({ uses }) =>
    promisify(ssb.invite.create)({ uses, modern: false, external: '127.0.0.1' }),
  publish: ({ content }) => promisify(ssb.publish)(content).then((message) => message.key),
  get: ({ key }) => promisify(ssb.get)(key),
  connect: ({ address }) => promisify(ssb.connect)(address).then(() => true),
  sequence: async ({ feed }) => {
    const clock = await promisify(ssb.getVectorClock)()
    return clock[feed] ?? 0
  },
}

// readline ends a line at U+2028 and U+2029 too.
function say(value) {
  const text = JSON.stringify(value).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
  process.stdout.write(`${text}\n`)
}

readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line)
  try {
    const ok = await commands[command.do](command)
    say({ id: command.id, ok: ok ?? null })
  } catch (error) {
    say({ id: command.id, error: String((error && error.message) || error) })
  }
})
process.stdin.on('close', () => process.exit(0))
ssb.once('multiserver:listening', () => say({ event: 'ready', feed: ssb.id }))
