import type { NodeClient } from '#cli/client.ts'
import { MetaLifeError } from '#base/errors.ts'

/** The command needs peers, and no node runs. */
export class NotRunningError extends MetaLifeError {
  override name = 'NotRunningError'

  constructor() {
    super('No node runs in this home, so there is nobody to connect to. Start it: metalife start')
  }
}

/** @throws NotRunningError where this process opened the home itself */
export function needRunning(client: NodeClient): void {
  if (!client.running) throw new NotRunningError()
}
