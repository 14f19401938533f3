/**
 * Files that are there whole or not at all, whenever the power goes: written beside, synchronised, renamed, and the folder
 * synchronised too. One writer a file: the lock of the home sees to that.
 */
import { mkdir, open, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

import { MetaLifeError } from '#base/errors.ts'

/** Why a file or folder cannot be written. */
export type WriteObstacle = 'full' | 'read-only' | 'denied' | 'not-a-folder'

/** A file or folder could not be written; nothing that was there before has changed. */
export class NotWritableError extends MetaLifeError {
  override name = 'NotWritableError'
  readonly path: string
  readonly reason: WriteObstacle

  constructor(path: string, reason: WriteObstacle, cause: unknown) {
    super(`Could not write ${path}: ${advice[reason]}`, { cause })
    this.path = path
    this.reason = reason
  }
}

const advice = {
  full: 'the disk or its quota is full. Free some space and try again; nothing was damaged.',
  'read-only': 'it lies on a read-only file system. Choose a folder that can be written.',
  denied: 'permission denied. Give this user the right to write there, or choose another folder.',
  'not-a-folder':
    'a file is in the place of a folder. Move that file away, or choose another folder.',
}

/**
 * Writes a file atomically and durably.
 *
 * `fill` writes the contents to a handle of `<path>.tmp`, which takes the place of `path` when `fill` resolves.
 *
 * @throws NotWritableError when the disk is full, read-only or closed to us; else what `fill` throws
 */
export async function replaceFile<T>(
  path: string,
  mode: number,
  fill: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  const temporary = temporaryOf(path)
  try {
    const result = await fillAndSync(temporary, mode, fill)
    await rename(temporary, path)
    await syncFolder(dirname(path))
    return result
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw asNotWritable(error, path)
  }
}

/**
 * Makes a folder (mode 0700) and those above it where they are missing, durably.
 *
 * @throws NotWritableError
 */
export async function makeFolder(path: string): Promise<void> {
  // Not the recursive mkdir: on a read-only file system that one answers ENOENT.
  const code = await tryMakeFolder(path)
  if (code !== 'ENOENT' || dirname(path) === path) return
  await makeFolder(dirname(path))
  await tryMakeFolder(path)
}

/** Where `replaceFile` writes before it renames; what a crash may leave behind. */
export function temporaryOf(path: string): string {
  return `${path}.tmp`
}

/** Makes names in a folder durable: new, renamed and removed ones. */
export async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder, and orders its renames by itself.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Turns a system error that means "cannot write" into a NotWritableError; other errors come back as they are. */
export function asNotWritable(error: unknown, path: string): unknown {
  const reason = reasons.get((error as NodeJS.ErrnoException | undefined)?.code ?? '')
  return reason ? new NotWritableError(path, reason, error) : error
}

const reasons = new Map<string, WriteObstacle>([
  ['ENOSPC', 'full'],
  ['ENOTDIR', 'not-a-folder'],
  ['EDQUOT', 'full'],
  ['EROFS', 'read-only'],
  ['EACCES', 'denied'],
  ['EPERM', 'denied'],
])

async function tryMakeFolder(path: string): Promise<'ENOENT' | undefined> {
  try {
    await mkdir(path, { mode: 0o700 })
    await syncFolder(dirname(path))
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return code
    if (code !== 'EEXIST') throw asNotWritable(error, path)
    if (!(await stat(path)).isDirectory()) throw new NotWritableError(path, 'not-a-folder', error)
    return undefined
  }
}

async function fillAndSync<T>(
  path: string,
  mode: number,
  fill: (handle: FileHandle) => Promise<T>,
): Promise<T> {
  await rm(path, { force: true })
  const handle = await open(path, 'wx', mode)
  try {
    const result = await fill(handle)
    await handle.sync()
    return result
  } finally {
    await handle.close()
  }
}
