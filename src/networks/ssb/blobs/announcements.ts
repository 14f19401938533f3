/** Ids of blobs as they arrive, to whoever listens; a listener that lags behind misses the oldest. */

const MAX_WAITING = 1000

type Listener = { readonly ids: string[]; wake: (() => void) | undefined }

export class Announcements {
  readonly #listeners = new Set<Listener>()

  announce(id: string): void {
    for (const listener of this.#listeners) {
      listener.ids.push(id)
      if (listener.ids.length > MAX_WAITING) listener.ids.shift()
      listener.wake?.()
    }
  }

  async *listen(signal: AbortSignal): AsyncGenerator<string> {
    const listener: Listener = { ids: [], wake: undefined }
    const stop = (): void => listener.wake?.()
    signal.addEventListener('abort', stop)
    this.#listeners.add(listener)
    try {
      while (!signal.aborted) {
        const id = listener.ids.shift()
        if (id !== undefined) yield id
        else await new Promise<void>((resolve) => (listener.wake = resolve))
      }
    } finally {
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', stop)
    }
  }
}
