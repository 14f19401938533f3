/** One writer at a time: the next sequence of a feed is taken, signed and stored before anybody else may take one. */

/** Runs tasks one after the other. */
export type FeedLock = <T>(task: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/**
 * Makes a lock. A task that fails does not stop the next one.
 *
 * @throws (the lock) the signal's reason when it is aborted before the task's turn
 */
export function feedLock(): FeedLock {
  let last: Promise<unknown> = Promise.resolve()
  return (task, signal) => {
    const turn = last.then(() => {
      signal?.throwIfAborted()
      return task()
    })
    last = turn.catch(() => undefined)
    return turn
  }
}
