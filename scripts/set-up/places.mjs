/** Where the set-up keeps things in a clone. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** @param {string} root the clone */
export function placesOf(root) {
  const toolchain = join(root, '.toolchain')
  return {
    root,
    toolchain,
    lock: join(toolchain, 'set-up.lock'),
    log: join(toolchain, 'set-up.log'),
    compileCache: join(root, '.cache', 'compile'),
  }
}

/** The clone that this file belongs to. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
