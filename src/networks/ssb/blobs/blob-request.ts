/** What peers ask about blobs, read from the arguments of their calls (ssbc/ssb-blobs, README). */
import { isObject, type Json } from '#base/json.ts'
import { isBlobId } from '#networks/ssb/refs.ts'
import { RemoteError } from '#networks/ssb/wire/rpc-errors.ts'

/** Most ids in one question. */
const MAX_IDS = 1000

/** A question for a blob or a part of it. */
export type BlobRequest = {
  readonly id: string
  /** The asker takes the blob only if it has this size. */
  readonly size?: number
  /** The asker takes no bigger blob. */
  readonly max?: number
  /** First byte, and the byte after the last. */
  readonly start?: number
  readonly end?: number
}

/** The asker sent something that is no question about a blob. */
export class BlobRequestError extends RemoteError {}

/** Reads `id`, or `{ id | hash | key, size, max, start, end }`. @throws BlobRequestError */
export function readBlobRequest(arg: Json | undefined): BlobRequest {
  if (isBlobId(arg)) return { id: arg }
  if (!isObject(arg)) throw new BlobRequestError('a blob id is expected')
  const id = arg['id'] ?? arg['hash'] ?? arg['key']
  if (!isBlobId(id)) throw new BlobRequestError('a blob id is expected')
  const numbers = ['size', 'max', 'start', 'end'].flatMap((name) => {
    const value = arg[name]
    if (value === undefined || value === null) return []
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new BlobRequestError(`${name} has to be a number of bytes`)
    }
    return [[name, value] as const]
  })
  return { id, ...Object.fromEntries(numbers) }
}

/** Reads one id, `{ id }`, or a list of ids. @throws BlobRequestError */
export function readIds(arg: Json | undefined): readonly string[] {
  const list = Array.isArray(arg) ? (arg as readonly Json[]) : [readBlobRequest(arg).id]
  if (list.length > MAX_IDS) throw new BlobRequestError(`more than ${MAX_IDS} ids at a time`)
  if (!list.every(isBlobId)) throw new BlobRequestError('blob ids are expected')
  return list as readonly string[]
}
