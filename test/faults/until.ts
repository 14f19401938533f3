import { setTimeout as pause } from 'node:timers/promises'

/**
 * Waits for what another process or the network does, asking every few milliseconds.
 *
 * @throws Error that names what did not happen within `limit` milliseconds
 */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  limit = 20_000,
): Promise<void> {
  const end = performance.now() + limit
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`It did not come to this in ${limit} ms: ${what}.`)
    await pause(10)
  }
}
