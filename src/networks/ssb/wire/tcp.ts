/** TCP as a carrier: addresses `net:host:port`. */
import { createServer, isIPv6, Socket, type AddressInfo, type Server } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Clock } from '#base/clock.ts'
import type { Carrier, Listener } from '#networks/ssb/wire/carrier.ts'
import { DialError } from '#networks/ssb/wire/dial-error.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'
import { socketPipe } from '#networks/ssb/wire/socket-pipe.ts'

/** Where to listen. Port 0 takes any free one; `orAny` does so when the port is taken. */
export type Place = { readonly host: string; readonly port: number; readonly orAny?: boolean }

export type TcpOptions = {
  readonly clock: Clock
  /** Where to listen; without it this carrier only dials. */
  readonly listen?: Place
  /** Milliseconds to connect; 10,000 by default. */
  readonly timeout?: number
  /** Incoming connections at a time; more are closed at once. 256 by default. */
  readonly maxConnections?: number
}

/** What people are told of the codes of the operating system. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'it hung up at once',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached; is this machine online?',
  ETIMEDOUT: 'it did not answer in time',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name could not be looked up; is this machine online?',
  EADDRNOTAVAIL: 'this machine has no address to reach it from',
  EACCES: 'this machine may not connect there',
}

/** Makes the TCP carrier. */
export function tcpCarrier(options: TcpOptions): Carrier {
  const where = options.listen
  return {
    name: 'net',
    dials: ({ transport, parts }) => transport === 'net' && parts.length === 2 && isPort(parts[1]),
    dial: ({ parts }, signal) => dial(parts[0] ?? '', Number(parts[1]), options, signal),
    ...(where && { listen: (take: (pipe: Pipe) => void) => listen(where, options, take) }),
  }
}

function isPort(text: string | undefined): boolean {
  return /^\d{1,5}$/.test(text ?? '') && Number(text) > 0 && Number(text) < 65536
}

async function dial(
  host: string,
  port: number,
  { clock, timeout = 10_000 }: TcpOptions,
  signal: AbortSignal,
): Promise<Pipe> {
  signal.throwIfAborted()
  const address = `net:${host}:${port}`
  const socket = new Socket({ allowHalfOpen: true })
  const connected = Promise.withResolvers<void>()
  const timer = clock.after(timeout, () => connected.reject(dialError(address, 'ETIMEDOUT')))
  const abort = (): void => connected.reject(signal.reason)
  const fail = (error: NodeJS.ErrnoException): void => {
    connected.reject(dialError(address, error.code ?? error.message, error))
  }
  signal.addEventListener('abort', abort, { once: true })
  socket.once('error', fail)
  socket.connect({ host, port }, () => connected.resolve())
  try {
    await connected.promise
    return socketPipe(socket, address)
  } catch (error) {
    socket.on('error', () => {})
    socket.destroy()
    throw error
  } finally {
    socket.off('error', fail)
    timer.cancel()
    signal.removeEventListener('abort', abort)
  }
}

function dialError(address: string, code: string, cause?: Error): DialError {
  return new DialError(`${address} cannot be reached: ${REASONS[code] ?? code}.`, { cause })
}

async function listen(
  place: Place,
  { maxConnections = 256 }: TcpOptions,
  take: (pipe: Pipe) => void,
): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    take(socketPipe(socket, `net:${socket.remoteAddress ?? 'unknown'}:${socket.remotePort ?? 0}`))
  })
  server.maxConnections = maxConnections
  await bind(server, place)
  const bound = server.address() as AddressInfo
  return {
    addresses: hostsOf(bound.address).map((name) => `net:${name}:${bound.port}`),
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

async function bind(server: Server, { host, port, orAny }: Place): Promise<void> {
  try {
    await tryBind(server, host, port)
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'EADDRINUSE' && orAny) return await bind(server, { host, port: 0 })
    // A machine without IPv6 has no wildcard for both.
    if (code === 'EAFNOSUPPORT' && host === '::') {
      return await bind(server, { host: '0.0.0.0', port, orAny: orAny ?? false })
    }
    const why = code === 'EADDRINUSE' ? 'another program uses that port; choose another' : message
    throw new DialError(`Cannot listen on ${host}:${port}: ${why}.`, { cause })
  }
  // A server error after this (out of file descriptors) costs one connection, not the listener.
  server.on('error', () => {})
}

function tryBind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** A wildcard listener is dialled by the machine's own addresses. */
function hostsOf(bound: string): readonly string[] {
  if (bound !== '0.0.0.0' && bound !== '::') return [bound]
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  const usable = all.filter(({ address, internal }) => {
    return !internal && !address.startsWith('fe80:') && (bound === '::' || !isIPv6(address))
  })
  return usable.length > 0 ? usable.map(({ address }) => address) : ['127.0.0.1']
}
