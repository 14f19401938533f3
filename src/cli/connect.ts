/** Reaches the node of a home: the one that runs, or the home opened by this process. */
import { systemClock } from '#base/clock.ts'
import { logger } from '#base/log.ts'
import { valueOf } from '#base/setting.ts'
import { nodeClient, type NodeClient } from '#cli/client.ts'
import type { Call } from '#cli/command.ts'
import { askPassphrase } from '#cli/read-text.ts'
import { homeSetting } from '#config/settings.ts'
import { openHomeNode } from '#node/open-home-node.ts'
import { reachable } from '#node/reach.ts'

/** @throws HomeLockedError when another process has the home and does not answer */
export async function connectTo({
  settings,
  terminal,
  signal,
}: Pick<Call, 'settings' | 'terminal' | 'signal'>): Promise<NodeClient> {
  const found = await reachable(valueOf(homeSetting, settings.values))
  if (found && (await answers(found.base, found.token))) {
    return nodeClient({
      running: true,
      base: found.base,
      token: found.token,
      fetch: (request) => fetch(request),
      close: async () => undefined,
    })
  }
  const passphrase = askPassphrase(terminal, signal)
  const node = await openHomeNode(settings.values, {
    clock: systemClock(),
    log: logger('node'),
    signal,
    ...(passphrase && { passphrase }),
  })
  return nodeClient({
    running: false,
    base: node.base,
    token: node.token,
    fetch: (request) => node.fetch(request),
    close: async () => {
      await node[Symbol.asyncDispose]()
    },
  })
}

/** A crashed node leaves its files behind, and its port may be another program's by now. */
async function answers(base: string, token: string): Promise<boolean> {
  try {
    const headers = { authorization: `Bearer ${token}` }
    const answer = await fetch(`${base}/jobs`, { headers, signal: AbortSignal.timeout(5_000) })
    await answer.body?.cancel()
    return answer.ok
  } catch {
    return false
  }
}
