/** Opens a home: makes the folder, checks that it can be written, takes its lock. */
import { randomBytes } from 'node:crypto'
import { open, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { Clock } from '#base/clock.ts'
import { asNotWritable, makeFolder, NotWritableError, replaceFile } from '#crypto/durable-file.ts'
import { homeLayout, type HomeLayout } from '#store/home/layout.ts'
import { lockHome, type HomeLock } from '#store/home/lock.ts'

/** The home folder cannot be written. Nothing in it has changed. */
export class HomeNotWritableError extends NotWritableError {
  override name = 'HomeNotWritableError'
}

/** A home that this process owns until it is disposed. */
export interface Home extends AsyncDisposable {
  readonly layout: HomeLayout
  readonly lock: HomeLock
}

/**
 * Takes a home for this process, making the folder (mode 0700) when it is not there. Give it up last.
 *
 * @throws HomeLockedError, HomeNotWritableError
 */
export async function openHome(folder: string, clock: Clock): Promise<Home> {
  const layout = homeLayout(folder)
  try {
    await prepare(layout.folder)
    const lock = await lockHome(layout, clock)
    return { layout, lock, [Symbol.asyncDispose]: () => lock[Symbol.asyncDispose]() }
  } catch (error) {
    const known = asNotWritable(error, layout.folder)
    if (!(known instanceof NotWritableError)) throw error
    throw new HomeNotWritableError(layout.folder, known.reason, known)
  }
}

/** Makes a new token for the local API (43 characters), readable by this user only; an old one ends. */
export async function renewToken(layout: HomeLayout): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await replaceFile(layout.token, 0o600, (handle) => handle.writeFile(token))
  return token
}

async function prepare(folder: string): Promise<void> {
  await makeFolder(folder)
  await probe(join(folder, 'write-probe.tmp'))
}

/** A full disk makes empty files gladly: only bytes show it. */
async function probe(path: string): Promise<void> {
  try {
    const handle = await open(path, 'w', 0o600)
    try {
      await handle.writeFile(Buffer.alloc(4096))
      await handle.sync()
    } finally {
      await handle.close()
    }
  } finally {
    await rm(path, { force: true }).catch(() => {})
  }
}
