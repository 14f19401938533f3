/** Somebody with a valid handshake and bad intentions, from a loopback address of their own. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { systemClock } from '#base/clock.ts'
import { keysOf, type SsbKeys } from '#networks/ssb/identity.ts'
import { bytesOf } from '#networks/ssb/refs.ts'
import { readAddresses } from '#networks/ssb/meet/address.ts'
import { ssbSettings } from '#networks/ssb/settings.ts'
import { BoxSealer } from '#networks/ssb/wire/box-stream.ts'
import { secure } from '#networks/ssb/wire/connect.ts'
import { HEADER, writeHeader } from '#networks/ssb/wire/frame.ts'
import type { Methods, Rpc } from '#networks/ssb/wire/rpc.ts'
import { shakeHands } from '#networks/ssb/wire/secret-handshake.ts'
import { socketPipe } from '#networks/ssb/wire/socket-pipe.ts'

/** The network key of the public network. */
const caps = (() => {
  const row = ssbSettings.find(({ name }) => name === 'ssb-caps')
  return row?.parse(row.default) as Uint8Array
})()

/** Keys that a name always gives. */
export function enemyKeys(name: string): SsbKeys {
  return keysOf(createHash('sha256').update(`enemy ${name}`).digest())
}

/** Opens a TCP connection to a node; `from` is any address of loopback. */
export async function dialFrom(from: string, address: string): Promise<Socket> {
  const [host = '', port = ''] = readAddresses(address)[0]?.parts ?? []
  const socket = connect({ host, port: Number(port), localAddress: from, allowHalfOpen: true })
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

/** One who writes frames as they like and reads nothing of what they mean. */
export interface RawEnemy {
  readonly socket: Socket
  /** Bytes that the node sent so far, still sealed. */
  readonly heard: () => number
  send(flags: number, number: number, body: string | Uint8Array): Promise<void>
  /** Plain bytes in boxes. */
  raw(bytes: Uint8Array): Promise<void>
  readonly closed: Promise<void>
}

/** Shakes hands and hands over the wire. @throws HandshakeError when the node does not want them */
export async function rawEnemy(from: string, address: string, name: string): Promise<RawEnemy> {
  const socket = await dialFrom(from, address)
  const pipe = socketPipe(socket, address)
  const remote = bytesOf(readAddresses(address)[0]?.peer ?? '')
  const clock = systemClock()
  const { session, rest } = await shakeHands(pipe, { keys: enemyKeys(name), caps, clock, remote })
  const sealer = new BoxSealer(session.seal)
  let bytes = 0
  const listen = async (): Promise<void> => {
    for await (const chunk of rest) bytes += chunk.length
  }
  void listen().catch(() => undefined)
  const raw = async (plain: Uint8Array): Promise<void> => {
    await pipe.write(sealer.seal(plain)).catch(() => undefined)
  }
  return {
    socket,
    heard: () => bytes,
    raw,
    send: (flags, number, body) => raw(frameOf(flags, number, body)),
    closed: closing(socket),
  }
}

/** Resolves when the socket is closed, however that came about. */
export function closing(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve()
    else socket.once('close', () => resolve())
  })
}

/** One who speaks muxrpc well and lies in it. @throws HandshakeError when the node does not want them */
export async function lyingEnemy(
  from: string,
  address: string,
  name: string,
  methods: Methods = {},
): Promise<Rpc> {
  const pipe = socketPipe(await dialFrom(from, address), address)
  const remote = readAddresses(address)[0]?.peer ?? ''
  return await secure(pipe, { keys: enemyKeys(name), caps, clock: systemClock(), methods, remote })
}

/** A frame's bytes. */
export function frameOf(flags: number, number: number, body: string | Uint8Array): Uint8Array {
  const bytes = Buffer.from(body)
  const out = Buffer.alloc(HEADER + bytes.length)
  writeHeader(out, 0, flags, bytes.length, number)
  out.set(bytes, HEADER)
  return out
}
