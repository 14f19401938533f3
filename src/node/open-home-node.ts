/** A home opened by a command because no node runs: the same API in this process, without a server and without peers. */
import { localBase } from '#api/local/app.ts'
import { openSessions } from '#http/sessions.ts'
import { openCore } from '#node/core.ts'
import type { NodeOptions } from '#node/start-node.ts'
import { webApp } from '#node/web.ts'

/** The API of an opened home. */
export interface HomeNode extends AsyncDisposable {
  /** Where its API begins, for URLs. */
  readonly base: string
  readonly token: string
  fetch(request: Request): Promise<Response>
}

/** @throws what `startNode` throws for the home */
export async function openHomeNode(
  settings: Readonly<Record<string, unknown>>,
  options: NodeOptions,
): Promise<HomeNode> {
  await using open = new AsyncDisposableStack()
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const core = open.use(await openCore(settings, { ...options, signal }, false))
  open.defer(() => stop.abort(new Error('The command has ended.')))
  const token = crypto.randomUUID()
  const sessions = openSessions({
    token,
    key: core.sessionKey,
    scope: 'command',
    clock: options.clock,
  })
  const app = webApp(core.context, sessions, { log: options.log, names: [], page: false })
  const parts = open.move()
  return {
    base: `http://localhost${localBase}`,
    token,
    async fetch(request) {
      const headers = new Headers(request.headers)
      headers.set('host', 'localhost')
      return await app.fetch(new Request(request, { headers }))
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}
