/** The home: the one folder that holds everything of a node, and the names in it. */
import { join, resolve } from 'node:path'

import { keysPath } from '#crypto/keys-file.ts'

/** Absolute paths. A backup takes everything but `lock` and `lockHolder`. */
export type HomeLayout = {
  readonly folder: string
  /** The encrypted database. */
  readonly database: string
  /** The folder of the encrypted blobs. */
  readonly blobs: string
  /** Seed and data key, mode 0600. */
  readonly keys: string
  /** The bearer token of the local API, mode 0600. */
  readonly token: string
  readonly config: string
  /** Locked by the running process. Never open it in any other way: on POSIX, closing a second handle drops the lock. */
  readonly lock: string
  /** Who holds the lock, for people. */
  readonly lockHolder: string
}

/** The layout of a home folder; touches no disk. */
export function homeLayout(folder: string): HomeLayout {
  const root = resolve(folder)
  return {
    folder: root,
    database: join(root, 'metalife.db'),
    blobs: join(root, 'blobs'),
    keys: keysPath(root),
    token: join(root, 'api-token'),
    config: join(root, 'metalife.conf'),
    lock: join(root, 'lock'),
    lockHolder: join(root, 'lock.json'),
  }
}
