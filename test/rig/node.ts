/** Whole nodes in one process, with their own homes, on loopback and on any free ports. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getLogger } from '@logtape/logtape'
import { systemClock } from '#base/clock.ts'
import { nodeClient, type NodeClient } from '#cli/client.ts'
import { readSettings } from '#config/read-settings.ts'
import type { AskPassphrase } from '#crypto/vault.ts'
import { localBase } from '#api/local/app.ts'
import { settingsRows } from '#node/settings.ts'
import { startNode, type RunningNode } from '#node/start-node.ts'

/** A home that is removed in the end. */
export interface TestHome extends AsyncDisposable {
  readonly folder: string
  /** Flags of a node or command in this home that meets nobody by itself. */
  readonly flags: readonly string[]
}

/** A node for tests. Disposing it leaves the home. */
export interface TestNode extends AsyncDisposable {
  readonly node: RunningNode
  readonly client: NodeClient
  /** An address that another node of the rig can connect to. */
  readonly address: string
  /** Waits until `holds` does: asked now, and again after each change of the node. Rejects after five seconds. */
  until(what: string, holds: () => Promise<boolean>): Promise<void>
}

/** Makes an empty home. */
export async function temporaryHome(): Promise<TestHome> {
  const folder = await mkdtemp(join(tmpdir(), 'metalife-home-'))
  const quiet = ['--port', '0', '--ssb-port', '0', '--ssb-host', '127.0.0.1', '--ssb-lan=no']
  return {
    folder,
    flags: ['--home', folder, ...quiet],
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Starts a node in a home. */
export async function startTestNode(
  home: TestHome,
  options: { readonly flags?: readonly string[]; readonly passphrase?: AskPassphrase } = {},
): Promise<TestNode> {
  const argv = [...home.flags, ...(options.flags ?? [])]
  const node = await startNode(readSettings(settingsRows, { argv }).values, {
    clock: systemClock(),
    log: getLogger('test'),
    signal: new AbortController().signal,
    passphrase: options.passphrase,
  })
  const client = nodeClient({
    running: true,
    base: node.url + localBase,
    token: node.token,
    fetch: (request) => fetch(request),
    close: async () => undefined,
  })
  return {
    node,
    client,
    address: node.networks.flatMap((network) => network.status().addresses)[0] ?? '',
    until: (what, holds) => untilHolds(node, what, holds),
    [Symbol.asyncDispose]: () => node[Symbol.asyncDispose](),
  }
}

async function untilHolds(
  { context }: RunningNode,
  what: string,
  holds: () => Promise<boolean>,
): Promise<void> {
  const done = new AbortController()
  const signal = AbortSignal.any([done.signal, AbortSignal.timeout(5_000)])
  const changes = context.social.changes(signal)[Symbol.asyncIterator]()
  try {
    for (;;) {
      const change = changes.next()
      if (await holds()) return
      if ((await change).done) throw new Error(`It did not come to this in five seconds: ${what}.`)
    }
  } finally {
    done.abort()
  }
}
