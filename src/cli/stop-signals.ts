/** Ctrl-C and SIGTERM: the first asks for a clean end, the second ends at once. */
import { MetaLifeError } from '#base/errors.ts'
import type { Terminal } from '#cli/command.ts'

/** A person or the system ended the command before it was done. */
class StoppedError extends MetaLifeError {
  override name = 'StoppedError'

  constructor() {
    super('Stopped before it was done.')
  }
}

/** Listens until it is disposed. */
export function untilStopped({ stderr }: Terminal): Disposable & { readonly signal: AbortSignal } {
  const stop = new AbortController()
  const heard = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) {
      stderr.write('Ended at once.\n')
      process.exit(name === 'SIGINT' ? 130 : 143)
    }
    stop.abort(new StoppedError())
  }
  process.on('SIGINT', heard)
  process.on('SIGTERM', heard)
  return {
    signal: stop.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', heard)
      process.off('SIGTERM', heard)
    },
  }
}
