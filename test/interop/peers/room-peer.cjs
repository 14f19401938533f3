// The first room server on loopback, without its web front; prints its address when it is ready.
// usage: node room-peer.cjs FOLDER PORT
'use strict'
const path = require('node:path')
const fs = require('node:fs')
const { createRequire } = require('node:module')
const load = createRequire(path.join(__dirname, '../room/package.json'))

const [folder, port] = process.argv.slice(2)
fs.mkdirSync(folder, { recursive: true })
fs.writeFileSync(
  path.join(folder, 'roomcfg'),
  JSON.stringify({ name: 'testroom', description: 'interop' }),
)
const keys = load('ssb-keys').loadOrCreateSync(path.join(folder, 'secret'))
const stack = load('secret-stack')({ appKey: load('ssb-caps').shs })
for (const name of ['ssb-conn', 'ssb-room/tunnel/server', 'ssb-room/ssb-shims'])
  stack.use(load(name))
const ssb = stack({
  path: folder,
  keys,
  conn: { autostart: false },
  timers: { inactivity: 600e3 },
  logging: { level: 'error' },
  manifest: load('ssb-room/manifest'),
  connections: {
    incoming: {
      net: [
        { scope: ['public', 'device'], transform: 'shs', port: Number(port), host: '127.0.0.1' },
      ],
    },
    outgoing: { net: [{ transform: 'shs' }] },
  },
})
process.stdin.resume()
process.stdin.on('close', () => process.exit(0))
ssb.once('multiserver:listening', () => {
  const ready = { event: 'ready', feed: ssb.id, address: ssb.getAddress('public') }
  process.stdout.write(`${JSON.stringify(ready)}\n`)
})
