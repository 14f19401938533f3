/** The questions about blobs that peers may ask of us (ssbc/ssb-blobs, README): has, size, get, getSlice, changes. */
import type { Blobs } from '#network/host.ts'
import {
  BlobRequestError,
  readBlobRequest,
  readIds,
  type BlobRequest,
} from '#networks/ssb/blobs/blob-request.ts'
import { blobIdOf, bytesOf } from '#networks/ssb/refs.ts'
import type { Body, Caller, Methods, Rpc } from '#networks/ssb/wire/rpc.ts'

/** The blob without a byte; everybody has it. */
export const EMPTY_BLOB = blobIdOf(
  Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex'),
)

export type ServeOptions = {
  readonly blobs: Blobs
  readonly allow: (peer: string) => boolean
  /** Ids of blobs as they arrive. */
  readonly changes: (signal: AbortSignal) => AsyncIterable<string>
  /** Hears of bytes that were served. */
  readonly served: (bytes: number) => void
}

/** Longest body; longer ones are not read by other stacks. */
const MAX_BODY = 65_536
/** Blobs that one peer is sent at a time; more wait. */
const AT_ONCE = 4

/** Makes the methods. */
export function serveBlobs({ blobs, allow, changes, served }: ServeOptions): Methods {
  const send = sender(blobs, served)
  const has = async (id: string): Promise<boolean> => id === EMPTY_BLOB || blobs.has(bytesOf(id))
  const size = async (id: string): Promise<number | null> => {
    return id === EMPTY_BLOB ? 0 : ((await blobs.size(bytesOf(id))) ?? null)
  }
  return {
    'blobs.has': {
      type: 'async',
      allow,
      async handle([arg]) {
        const answers = await Promise.all(readIds(arg).map(has))
        return Array.isArray(arg) ? answers : (answers[0] ?? false)
      },
    },
    'blobs.size': {
      type: 'async',
      allow,
      async handle([arg]) {
        const answers = await Promise.all(readIds(arg).map(size))
        return Array.isArray(arg) ? answers : (answers[0] ?? null)
      },
    },
    'blobs.get': {
      type: 'source',
      allow,
      handle([arg], caller) {
        const { start: _start, end: _end, ...whole } = readBlobRequest(arg)
        return send(whole, caller)
      },
    },
    'blobs.getSlice': {
      type: 'source',
      allow,
      handle: ([arg], caller) => send(readBlobRequest(arg), caller),
    },
    'blobs.changes': {
      type: 'source',
      allow,
      async *handle(_args, { signal }) {
        for await (const id of changes(signal)) yield { type: 'text', bytes: Buffer.from(id) }
      },
    },
  }
}

type Send = (request: BlobRequest, caller: Caller) => AsyncGenerator<Body>

/** Sends blobs, so many at a time to each peer. */
function sender(blobs: Blobs, served: ServeOptions['served']): Send {
  const turns = new WeakMap<Rpc, { count: number; readonly waiting: (() => void)[] }>()
  return async function* send(request, { rpc, signal }) {
    const turn = turns.get(rpc) ?? { count: 0, waiting: [] }
    turns.set(rpc, turn)
    if (turn.count >= AT_ONCE) await new Promise<void>((resolve) => turn.waiting.push(resolve))
    else turn.count++
    try {
      if (signal.aborted) return
      for await (const bytes of await openBlob(blobs, request)) {
        served(bytes.length)
        yield* inBodies(bytes)
      }
    } finally {
      const next = turn.waiting.shift()
      if (next) next()
      else turn.count--
    }
  }
}

async function openBlob(blobs: Blobs, request: BlobRequest): Promise<AsyncIterable<Uint8Array>> {
  const { id, size, max, start = 0, end } = request
  const hash = bytesOf(id)
  const actual = id === EMPTY_BLOB ? 0 : await blobs.size(hash)
  if (actual === undefined) throw new BlobRequestError('the blob is not here')
  if (size !== undefined && size !== actual)
    throw new BlobRequestError(`the blob has ${actual} bytes`)
  if (max !== undefined && actual > max) throw new BlobRequestError(`the blob has ${actual} bytes`)
  const range = { start: Math.min(start, actual), end: Math.min(end ?? actual, actual) }
  if (range.start >= range.end) return nothing()
  const source = await blobs.open(hash, range)
  if (!source) throw new BlobRequestError('the blob is not here')
  return source
}

async function* nothing(): AsyncGenerator<Uint8Array> {}

/** Cuts bytes into bodies, none of them empty. */
function* inBodies(bytes: Uint8Array): Generator<Body> {
  for (let at = 0; at < bytes.length; at += MAX_BODY) {
    yield { type: 'bytes', bytes: bytes.subarray(at, at + MAX_BODY) }
  }
}
