/** The server's side of a WebSocket (RFC 6455): text both ways, no extensions. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/** An open connection. */
export interface WebSocketConnection {
  /** Sends a text; false when the other side does not read and too much waits, and then the connection ends. */
  send(text: string): boolean
  /** Keeps the other side and what is between from taking silence for an end. */
  ping(): void
  close(code: number): void
  /** Aborted when it is over. */
  readonly signal: AbortSignal
}

/** Longest message that is taken, in bytes. */
const MAX_MESSAGE = 16_384
/** Most bytes that wait to be read by the other side. */
const MAX_BUFFERED = 4_194_304

/** Answers a request for an upgrade, and calls `hear` with every text; undefined where it was none and is refused. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  hear: (text: string) => void,
  protocol?: string,
): WebSocketConnection | undefined {
  const key = request.headers['sec-websocket-key'] ?? ''
  const good =
    request.headers.upgrade?.toLowerCase() === 'websocket' &&
    request.headers['sec-websocket-version'] === '13' &&
    /^[A-Za-z0-9+/]{22}==$/.test(key)
  if (!good) {
    refuseUpgrade(socket, 400, 'This is no WebSocket of version 13.')
    return undefined
  }
  const accept = createHash('sha1')
    .update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64')
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Upgrade: websocket',
      'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`,
      ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
      '\r\n',
    ].join('\r\n'),
  )
  return connection(socket, head, hear)
}

/** Answers an upgrade that is not wanted. */
export function refuseUpgrade(socket: Duplex, status: 400 | 401 | 403 | 404, error: string): void {
  const body = JSON.stringify({ error })
  const reasons = { 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found' }
  socket.on('error', () => undefined)
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status]}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

const codes = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const

function connection(
  socket: Duplex,
  head: Buffer,
  hear: (text: string) => void,
): WebSocketConnection {
  const over = new AbortController()
  const end = (): void => {
    over.abort(new Error('The WebSocket is closed.'))
    socket.destroy()
  }
  const write = (code: number, body: Buffer): boolean => {
    if (over.signal.aborted) return false
    if (socket.writableLength > MAX_BUFFERED) {
      end()
      return false
    }
    socket.write(frame(code, body))
    return true
  }
  const close = (code: number): void => {
    const body = Buffer.alloc(2)
    body.writeUInt16BE(code)
    if (write(codes.close, body)) socket.end()
    over.abort(new Error('The WebSocket is closed.'))
  }
  const read = frameReader({
    text: hear,
    ping: (body) => write(codes.pong, body),
    close: () => close(1000),
    wrong: (code) => close(code),
  })
  socket.on('data', (chunk: Buffer) => {
    if (!over.signal.aborted) read(chunk)
  })
  for (const event of ['error', 'end', 'close']) socket.on(event, end)
  if (head.length > 0) read(head)
  return {
    send: (text) => write(codes.text, Buffer.from(text)),
    ping: () => void write(codes.ping, Buffer.alloc(0)),
    close,
    signal: over.signal,
  }
}

function frame(code: number, body: Buffer): Buffer {
  const { length } = body
  const size = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const head = Buffer.alloc(size)
  head[0] = 0x80 | code
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127
  if (size === 4) head.writeUInt16BE(length, 2)
  if (size === 10) head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, body])
}

type Heard = {
  readonly text: (text: string) => void
  readonly ping: (body: Buffer) => void
  readonly close: () => void
  readonly wrong: (code: number) => void
}

/** Takes bytes as they come; messages in pieces are put together. */
function frameReader(heard: Heard): (chunk: Buffer) => void {
  let waiting: Buffer = Buffer.alloc(0)
  let pieces: Buffer[] | undefined
  let stopped = false
  const stop = (code: number): void => {
    stopped = true
    heard.wrong(code)
  }
  const take = (code: number, last: boolean, body: Buffer): void => {
    if (code === codes.ping) heard.ping(body)
    else if (code === codes.close) {
      stopped = true
      heard.close()
    } else if (code === codes.pong) return
    else if ((code === codes.text) === (pieces !== undefined) || code > codes.text) stop(1003)
    else {
      pieces = [...(pieces ?? []), body]
      const size = pieces.reduce((sum, { length }) => sum + length, 0)
      if (size > MAX_MESSAGE) return stop(1009)
      if (!last) return
      heard.text(Buffer.concat(pieces).toString())
      pieces = undefined
    }
  }
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk])
    while (!stopped) {
      const next = nextFrame(waiting)
      if (next === undefined) return
      if (typeof next === 'number') return stop(next)
      waiting = waiting.subarray(next.size)
      take(next.code, next.last, next.body)
    }
  }
}

type Frame = {
  readonly code: number
  readonly last: boolean
  readonly body: Buffer
  readonly size: number
}

/** The first frame; undefined while it is not whole, the code to close with where it is none (section 5.2). */
function nextFrame(bytes: Buffer): Frame | number | undefined {
  if (bytes.length < 2) return undefined
  const [first = 0, second = 0] = bytes
  if ((first & 0x70) !== 0 || (second & 0x80) === 0) return 1002
  const short = second & 0x7f
  const code = first & 0x0f
  if (code >= 8 && (short > 125 || (first & 0x80) === 0)) return 1002
  if (short === 127) return 1009
  const at = short === 126 ? 4 : 2
  if (bytes.length < at + 4) return undefined
  const length = short === 126 ? bytes.readUInt16BE(2) : short
  if (length > MAX_MESSAGE) return 1009
  const size = at + 4 + length
  if (bytes.length < size) return undefined
  const mask = bytes.subarray(at, at + 4)
  const body = Buffer.from(bytes.subarray(at + 4, size))
  for (let i = 0; i < length; i++) body[i] = (body[i] ?? 0) ^ (mask[i % 4] ?? 0)
  return { code, last: (first & 0x80) !== 0, body, size }
}
