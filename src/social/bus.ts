import type { Change } from '#social/social.ts'

/** Tells listeners in this process of what was committed. */
export interface ChangeBus {
  emit(changes: readonly Change[]): void
  /** Changes from now on, until the signal. A slow listener gets each thing once, and loses the oldest beyond a limit. */
  listen(signal: AbortSignal): AsyncIterable<Change>
}

/** Most changes that wait for one listener. */
const WAITING = 1000

type Listener = { readonly waiting: Map<string, Change>; wake: () => void }

/** Makes a bus. */
export function changeBus(): ChangeBus {
  const listeners = new Set<Listener>()
  return {
    emit(changes) {
      if (listeners.size === 0) return
      for (const listener of listeners) {
        for (const change of changes) add(listener.waiting, change)
        if (changes.length > 0) listener.wake()
      }
    },
    listen(signal) {
      const listener: Listener = { waiting: new Map(), wake: () => {} }
      if (!signal.aborted) listeners.add(listener)
      const stop = (): void => {
        listeners.delete(listener)
        listener.wake()
      }
      signal.addEventListener('abort', stop, { once: true })
      return drain(listener, signal, stop)
    },
  }
}

async function* drain(
  listener: Listener,
  signal: AbortSignal,
  stop: () => void,
): AsyncGenerator<Change> {
  try {
    while (!signal.aborted) {
      const [next] = listener.waiting
      if (next) {
        listener.waiting.delete(next[0])
        yield next[1]
        continue
      }
      await new Promise<void>((resolve) => {
        listener.wake = resolve
      })
    }
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

function add(waiting: Map<string, Change>, change: Change): void {
  const key = Object.values(change).join(' ')
  waiting.delete(key)
  waiting.set(key, change)
  if (waiting.size > WAITING) waiting.delete(waiting.keys().next().value!)
}
