import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { systemClock } from '#base/clock.ts'
import { DialError } from '#networks/ssb/wire/dial-error.ts'
import type { MultiserverAddress } from '#networks/ssb/wire/multiserver-address.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'
import { tcpCarrier } from '#networks/ssb/wire/tcp.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

const clock = systemClock()
const never = new AbortController().signal

function net(host: string, port: number | string): MultiserverAddress {
  return { transport: 'net', parts: [host, String(port)], peer: '' }
}

async function listen(
  take: (pipe: Pipe) => void,
): Promise<AsyncDisposable & { readonly address: MultiserverAddress }> {
  const listener = await tcpCarrier({ clock, listen: { host: '127.0.0.1', port: 0 } }).listen?.(
    take,
  )
  assert.ok(listener)
  const parts = listener.addresses[0]?.split(':') ?? []
  assert.equal(parts[0], 'net')
  const dispose = (): PromiseLike<void> => listener[Symbol.asyncDispose]()
  return { address: net(parts[1] ?? '', parts[2] ?? ''), [Symbol.asyncDispose]: dispose }
}

async function readAll(pipe: Pipe): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of pipe.source) chunks.push(chunk)
  return Buffer.concat(chunks)
}

test('bytes travel both ways, and each side ends on its own', async () => {
  const taken = Promise.withResolvers<Pipe>()
  await using listener = await listen(taken.resolve)
  const client = await tcpCarrier({ clock }).dial(listener.address, never)
  const server = await taken.promise
  await client.write(Buffer.from('question'))
  await client.end()
  assert.equal((await readAll(server)).toString(), 'question')
  await server.write(Buffer.from('answer'))
  await server.end()
  assert.equal((await readAll(client)).toString(), 'answer')
})

test('a writer waits until the reader reads', async () => {
  const taken = Promise.withResolvers<Pipe>()
  await using listener = await listen(taken.resolve)
  const client = await tcpCarrier({ clock }).dial(listener.address, never)
  const server = await taken.promise
  const total = 50_000_000
  let written = 0
  const writing = (async () => {
    for (; written < total; written += 1_000_000) await client.write(Buffer.alloc(1_000_000))
    await client.end()
  })()
  for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.ok(written < total, 'everything was taken before anybody read')
  let read = 0
  for await (const chunk of server.source) read += chunk.length
  await writing
  assert.equal(read, total)
})

test('destroying a pipe fails its writer and ends the other side', async () => {
  const taken = Promise.withResolvers<Pipe>()
  await using listener = await listen(taken.resolve)
  const client = await tcpCarrier({ clock }).dial(listener.address, never)
  const server = await taken.promise
  client.destroy(new Error('had enough'))
  client.destroy()
  await assert.rejects(client.write(Buffer.from('x')), /had enough/)
  await assert.rejects(readAll(client), /had enough/)
  assert.equal((await readAll(server)).length, 0)
})

test('a port where nothing listens is refused with a sentence', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  await assert.rejects(
    tcpCarrier({ clock }).dial(net('127.0.0.1', port), never),
    (error: Error) => {
      return error instanceof DialError && /nothing listens there/.test(error.message)
    },
  )
})

test('dialling can be aborted and has a time limit', async () => {
  await using deaf = await deafListener()
  const address = net('127.0.0.1', deaf.port)
  const stop = new AbortController()
  const aborted = tcpCarrier({ clock }).dial(address, stop.signal)
  stop.abort(new Error('enough'))
  await assert.rejects(aborted, /enough/)
  const time = virtualClock()
  const slow = assert.rejects(
    tcpCarrier({ clock: time, timeout: 1_000 }).dial(address, never),
    DialError,
  )
  await time.advance(1_000)
  await slow
  assert.equal(time.pending, 0)
})

test('a port in use is refused with a sentence, and closing a listener closes its connections', async () => {
  const taken = Promise.withResolvers<Pipe>()
  const listener = await listen(taken.resolve)
  const client = await tcpCarrier({ clock }).dial(listener.address, never)
  await taken.promise
  const port = Number(listener.address.parts[1])
  const second = tcpCarrier({ clock, listen: { host: '127.0.0.1', port } })
  await assert.rejects(
    second.listen?.(() => {}) ?? Promise.resolve(),
    /another program uses that port/,
  )
  await listener[Symbol.asyncDispose]()
  assert.equal((await readAll(client).catch(() => Buffer.alloc(0))).length, 0)
})

test('it dials what it can dial', () => {
  const carrier = tcpCarrier({ clock })
  assert.equal(carrier.dials(net('host', 8008)), true)
  assert.equal(carrier.dials(net('host', 0)), false)
  assert.equal(carrier.dials({ transport: 'tunnel', parts: ['a', '1'], peer: '' }), false)
  assert.ok(!('listen' in carrier))
})

/** A port whose queue of connections is full and whose owner never looks: dialling it hangs. */
async function deafListener(): Promise<AsyncDisposable & { readonly port: number }> {
  const owner = `
    const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, String(server.address().port))
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    })`
  const child = spawn(process.execPath, ['-e', owner], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed] = await once(child.stdout, 'data')
  const port = Number(String(printed))
  const fillers = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => {}))
  await once(fillers[0]!, 'connect')
  return {
    port,
    async [Symbol.asyncDispose]() {
      for (const filler of fillers) filler.destroy()
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}
