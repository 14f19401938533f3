/** What every reader of an archive shares: options, the error that says where, and the way to a message's own bytes. */
import { isObject, type Json } from '#base/json.ts'
import { MetaLifeError } from '#base/errors.ts'

/** How an archive is read. */
export type ReadOptions = {
  readonly signal?: AbortSignal
  /** Called now and then with bytes read and bytes of all. */
  readonly progress?: (done: number, total: number) => void
  /** Called for a record that is whole but not a message that can be imported. */
  readonly skipped?: (offset: number, why: string) => void
}

/** An archive is cut or holds something else; what came before was whole and has been yielded. */
export class ArchiveDamagedError extends MetaLifeError {
  override name = 'ArchiveDamagedError'
  /** Bytes from the start of the file. */
  readonly offset: number

  constructor(path: string, offset: number, why: string) {
    super(
      `The archive ${path} is damaged at byte ${offset}: ${why}. All messages before that place were read; a better copy gives the rest.`,
    )
    this.offset = offset
  }
}

/**
 * The signed value in a record, as compact JSON in UTF-8.
 *
 * A record is a value, or `{key, value, timestamp}`. What ssb-db and ssb-db2 add when they decrypt a private message is taken
 * away again.
 *
 * @returns undefined when the record holds no value with an author and a signature
 */
export function messageBytes(record: Json | undefined): Uint8Array | undefined {
  if (!isObject(record)) return undefined
  const value = isObject(record.value) ? record.value : record
  if (typeof value.author !== 'string' || typeof value.signature !== 'string') return undefined
  return Buffer.from(JSON.stringify(asSigned(value, record.meta)))
}

const added = ['meta', 'cyphertext', 'private', 'unbox']

function asSigned(value: { readonly [key: string]: Json }, meta: Json | undefined): Json {
  const decrypted =
    isObject(meta) && meta.private === true && typeof meta.originalContent === 'string'
  if (!decrypted && !added.some((key) => key in value)) return value
  const signed = Object.entries(value).filter(([key]) => !added.includes(key))
  return Object.fromEntries(
    signed.map(([key, item]) => [key, key === 'content' ? sealedContent(value, meta, item) : item]),
  )
}

function sealedContent(
  value: { readonly [key: string]: Json },
  meta: Json | undefined,
  content: Json,
): Json {
  const original =
    isObject(value.meta) && isObject(value.meta.original) ? value.meta.original.content : undefined
  const outer = isObject(meta) ? meta.originalContent : undefined
  const sealed = [original, outer, value.cyphertext].find((text) => typeof text === 'string')
  return sealed ?? content
}
