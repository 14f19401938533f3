/** A whole running node: the core, its networks at work, and the HTTP server. */
import type { AskPassphrase } from '#crypto/vault.ts'
import type { Clock } from '#base/clock.ts'
import type { Logger } from '#base/log.ts'
import { valueOf } from '#base/setting.ts'
import type { LocalContext } from '#api/local/context.ts'
import { hostSetting, portSetting } from '#config/settings.ts'
import { openSessions } from '#http/sessions.ts'
import { serveHttp, type HttpServer } from '#http/server.ts'
import { clientApi } from '#node/client-api.ts'
import { openCore, type Core } from '#node/core.ts'
import { forgetFresh } from '#node/keys.ts'
import { announce, withdraw } from '#node/reach.ts'
import { webApp } from '#node/web.ts'
import type { Network, NetworkPlan } from '#network/network.ts'
import { renewToken } from '#store/home/home.ts'

/** What a node needs of the process around it. */
export type NodeOptions = {
  readonly clock: Clock
  readonly log: Logger
  /** Ends the start, and every wait of the node after it. */
  readonly signal: AbortSignal
  readonly passphrase?: AskPassphrase | undefined
  /** The networks; those of this program when left out. */
  readonly plans?: readonly NetworkPlan[]
  /** How networks fetch from the web; guarded against private addresses when left out. */
  readonly fetch?: typeof globalThis.fetch
}

/** A node at work. Disposing it stops everything in order, what is in memory being written first. */
export interface RunningNode extends AsyncDisposable {
  /** Of the page and the API, without a slash at the end. */
  readonly url: string
  /** What programs show to the API. */
  readonly token: string
  /** True when this start made the identity. */
  readonly fresh: boolean
  readonly networks: readonly Network[]
  readonly context: LocalContext
}

/**
 * Starts a node.
 *
 * @param settings one value a row of `settingsRows`
 * @throws HomeLockedError, PassphraseNeededError, WrongPassphraseError, ListenError, …: then nothing stays open
 */
export async function startNode(
  settings: Readonly<Record<string, unknown>>,
  options: NodeOptions,
): Promise<RunningNode> {
  await using open = new AsyncDisposableStack()
  const stop = new AbortController()
  const signal = AbortSignal.any([options.signal, stop.signal])
  const core = open.use(await openCore(settings, { ...options, signal }, true))
  const token = await renewToken(core.layout)
  const { server, context } = await openWeb(core, token, settings, options)
  open.use(server)
  const { url } = server
  // What waits on the signal (events, networks at work) ends first, then the server, then the core.
  open.defer(() => stop.abort(new Error('The node stops.')))
  for (const network of core.networks) await network.start(signal)
  core.social.start()
  await goOn(core)
  await forgetFresh(core.layout)
  await announce(core.layout, url)
  open.defer(() => withdraw(core.layout))
  options.signal.throwIfAborted()
  const parts = open.move()
  return {
    url,
    token,
    fresh: core.fresh,
    networks: core.networks,
    context,
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

/** Listens, with the page and the API behind the token. */
async function openWeb(
  core: Core,
  token: string,
  settings: Readonly<Record<string, unknown>>,
  { clock, log }: NodeOptions,
): Promise<{ readonly server: HttpServer; readonly context: LocalContext }> {
  const host = valueOf(hostSetting, settings)
  if (!/^(?:127\.|::1$|localhost$)/.test(host)) {
    log.warn('The page and the API listen on {host}: other machines can reach them.', { host })
  }
  const scope = core.sessionKey.slice(0, 4).toHex()
  const sessions = openSessions({ token, key: core.sessionKey, scope, clock })
  const page: { url?: string } = {}
  const context: LocalContext = {
    ...core.context,
    pageLink: () => (page.url === undefined ? undefined : `${page.url}/?token=${sessions.link()}`),
  }
  const client = clientApi(core, sessions, log)
  const app = webApp(context, sessions, {
    log,
    names: [host.toLowerCase()],
    page: true,
    apps: client.mount,
  })
  const port = valueOf(portSetting, settings)
  const where = { host, port }
  const server = await serveHttp((request) => app.fetch(request), where, client.upgrade)
  page.url = server.url
  return { server, context }
}

/** A rebuild of the indexes that was cut short is finished: until then there are no lists. */
async function goOn({ context, isRebuilding }: Core): Promise<void> {
  if (await isRebuilding()) context.jobs.start('reindex', context.works.reindex({}))
}
