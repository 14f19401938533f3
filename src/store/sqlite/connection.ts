import Libsql from 'libsql'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import type { BulkValue } from '#store/bulk.ts'
import { WrongKeyError } from '#store/errors.ts'

/**
 * One libsql connection with what the driver lacks: statements are cached, values are converted at the edge (blobs
 * come back as Uint8Array; a boolean would abort the process and becomes 0 or 1).
 */
export interface SqliteConnection extends SqliteDatabase {
  prepare(sql: string): PreparedStatement
  exec(sql: string): void
  readonly inTransaction: boolean
}

export interface PreparedStatement extends SqliteStatement {
  /** Runs with values that need no conversion: numbers, strings, bytes and null. */
  runPlain(values: readonly BulkValue[]): void
  /** The same for rows. */
  allPlain(values: readonly BulkValue[]): unknown[]
}

export type SqliteOptions = {
  readonly path: string
  /** 32 bytes; absent: the file is not encrypted (tests and imports of foreign files only). */
  readonly key?: Uint8Array | undefined
  readonly durability: 'process' | 'power'
  readonly cacheKiB: number
  readonly readOnly?: boolean
}

/** Statements kept prepared by a connection. */
const STATEMENTS = 256

/**
 * Opens a connection in WAL mode.
 *
 * @throws WrongKeyError when the file does not open with the key
 */
export function openSqlite(options: SqliteOptions): SqliteConnection {
  const raw = new Libsql(options.path, encryption(options.key))
  try {
    raw.pragma('busy_timeout = 10000')
    raw.pragma('journal_mode = WAL')
    raw.prepare('select count(*) from sqlite_schema').all([])
  } catch (cause) {
    raw.close()
    if (isNotDatabase(cause)) throw new WrongKeyError(options.path, { cause })
    throw cause
  }
  raw.pragma(`synchronous = ${options.durability === 'power' ? 'FULL' : 'NORMAL'}`)
  raw.pragma(`cache_size = -${options.cacheKiB}`)
  raw.pragma('temp_store = MEMORY')
  // 64 MB of log: pages of random indexes are then moved (and encrypted) once instead of many times.
  raw.pragma('wal_autocheckpoint = 16000')
  raw.pragma('journal_size_limit = 67108864')
  if (options.readOnly) raw.pragma('query_only = 1')
  return wrap(raw)
}

/** The driver takes the key as text only; its types do not know of it. */
function encryption(key: Uint8Array | undefined): Libsql.Options {
  if (!key) return {}
  const options = { encryptionCipher: 'aes256cbc', encryptionKey: Buffer.from(key).toString('hex') }
  return options as Libsql.Options
}

function isNotDatabase(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'SQLITE_NOTADB'
}

function wrap(raw: Libsql.Database): SqliteConnection {
  const cache = new Map<string, PreparedStatement>()
  return {
    prepare(sql) {
      const known = cache.get(sql)
      if (known) return known
      const made = wrapStatement(raw.prepare(sql))
      if (cache.size >= STATEMENTS) cache.delete(cache.keys().next().value!)
      cache.set(sql, made)
      return made
    },
    exec: (sql) => void raw.exec(sql),
    get inTransaction() {
      return raw.inTransaction
    },
    close() {
      cache.clear()
      raw.close()
    },
  }
}

function wrapStatement(raw: Libsql.Statement): PreparedStatement {
  const reader = raw.reader
  return {
    reader,
    all: (parameters) => (raw.all(bound(parameters)) as Row[]).map(row),
    run: (parameters) => raw.run(bound(parameters)),
    runPlain: (values) => void raw.run(values),
    allPlain: (values) => (raw.all(values) as Row[]).map(row),
    *iterate(parameters) {
      for (const item of raw.iterate(bound(parameters))) yield row(item as Row)
    },
  }
}

type Row = Record<string, unknown>

function row(item: Row): Row {
  for (const name in item) {
    const value = item[name]
    if (value instanceof ArrayBuffer) item[name] = new Uint8Array(value)
  }
  return item
}

function bound(parameters: readonly unknown[]): unknown[] {
  return parameters.map((value) => {
    if (value === undefined) return null
    return typeof value === 'boolean' ? Number(value) : value
  })
}
