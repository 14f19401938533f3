/**
 * One process a home. The operating system holds the lock (an exclusive SQLite transaction on an empty file) and takes it back
 * however the process ends, so that there is no stale lock and no race to take one over; `lock.json` only tells people who it is.
 */
import { readFile, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'

import type { Clock } from '#base/clock.ts'
import { MetaLifeError } from '#base/errors.ts'
import { replaceFile } from '#crypto/durable-file.ts'
import { isAliveElsewhere, parseHolder, thisProcess, type Holder } from '#store/home/holder.ts'
import type { HomeLayout } from '#store/home/layout.ts'

/** Another process has the home. */
export class HomeLockedError extends MetaLifeError {
  override name = 'HomeLockedError'
  /** Undefined when the other one has only just taken it. */
  readonly holder: Holder | undefined

  constructor(folder: string, holder: Holder | undefined) {
    const who = holder
      ? `process ${holder.pid} since ${new Date(holder.since).toISOString()}`
      : 'another process'
    super(`The home ${folder} is in use by ${who}. Stop that one first, or choose another home.`)
    this.holder = holder
  }
}

/** The lock of a home; disposing gives it up. */
export interface HomeLock extends AsyncDisposable {
  readonly holder: Holder
}

/**
 * Takes the lock of a home whose folder exists.
 *
 * @throws HomeLockedError, and NotWritableError when the folder cannot be written
 */
export async function lockHome(layout: HomeLayout, clock: Clock): Promise<HomeLock> {
  const database = acquire(layout.lock)
  if (!database) throw new HomeLockedError(layout.folder, await holderOf(layout))
  try {
    // A second guard, for file systems that only pretend to lock.
    const last = await holderOf(layout)
    if (last && (await isAliveElsewhere(last))) throw new HomeLockedError(layout.folder, last)
    const holder = await thisProcess(clock.now())
    await replaceFile(layout.lockHolder, 0o600, (handle) =>
      handle.writeFile(`${JSON.stringify(holder)}\n`),
    )
    held.add(database)
    return {
      holder,
      async [Symbol.asyncDispose]() {
        if (!database.isOpen) return
        await rm(layout.lockHolder, { force: true }).catch(() => {})
        held.delete(database)
        database.close()
      },
    }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Who has, or last had, the home; undefined when nobody says so. */
export async function holderOf(layout: HomeLayout): Promise<Holder | undefined> {
  try {
    return parseHolder(await readFile(layout.lockHolder, 'utf8'))
  } catch {
    return undefined
  }
}

function acquire(path: string): DatabaseSync | undefined {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // The journal in memory: nothing is ever written, so nothing beside the lock file should appear.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database.close()
    if ((error as { errcode?: number }).errcode === busy) return undefined
    throw error
  }
}

// A lock whose owner forgot about it must not be given up by the garbage collector.
const held = new Set<DatabaseSync>()

/** SQLITE_BUSY (sqlite.org/rescode.html) */
const busy = 5
