/** Everything of a node but its server: keys, database, blobs, people, networks. Opened in order, closed in reverse. */
import type { Json } from '#base/json.ts'
import { MetaLifeError } from '#base/errors.ts'
import { valueOf } from '#base/setting.ts'
import type { LocalContext } from '#api/local/context.ts'
import type { ClientContext } from '#api/mastodon/context.ts'
import { openJobs } from '#api/local/jobs.ts'
import { databaseSetting, homeSetting } from '#config/settings.ts'
import { vaultState, type Vault } from '#crypto/vault.ts'
import { guardedFetch } from '#http/guarded-fetch.ts'
import type { Host } from '#network/host.ts'
import type { Network, NetworkPlan } from '#network/network.ts'
import { openKeys, type Keys } from '#node/keys.ts'
import { networkPlans } from '#node/networks.ts'
import { passphraseSource } from '#node/passphrase.ts'
import type { NodeOptions } from '#node/start-node.ts'
import { version } from '#node/version.ts'
import { archiveWork, checkedBlobs, reindexWork, verifyWork } from '#node/works.ts'
import { socialCore, type SocialCore } from '#social/core.ts'
import { hostFor } from '#social/host.ts'
import { openSocial, type OpenSocial } from '#social/open-social.ts'
import { isRebuilding } from '#social/reindex.ts'
import { openBlobs, type BlobStore } from '#store/blobs/blob-store.ts'
import { openHome } from '#store/home/home.ts'
import type { HomeLayout } from '#store/home/layout.ts'
import { openStore, type StoreOptions } from '#store/store.ts'
import { oauthTables } from '#store/tables/oauth.ts'

/** A node without its server. */
export interface Core extends AsyncDisposable {
  readonly layout: HomeLayout
  /** True when opening it made the identity. */
  readonly fresh: boolean
  /** 32 bytes that sign the page's cookies. */
  readonly sessionKey: Uint8Array
  readonly social: OpenSocial
  readonly networks: readonly Network[]
  /** True while a rebuild of the indexes was begun and not finished. */
  isRebuilding(): Promise<boolean>
  /** All but the page, which this does not serve. */
  readonly context: LocalContext
  /** What apps reach. */
  readonly client: Omit<ClientContext, 'sessions' | 'log' | 'mediaKey'>
}

/** A command needs an identity and the home has none. */
export class NoIdentityError extends MetaLifeError {
  override name = 'NoIdentityError'

  constructor(folder: string) {
    super(
      `There is no identity in ${folder} yet. Make one: metalife start. Or put yours back: metalife identity restore`,
    )
  }
}

/** A network that is open, and what it was lent. */
type Opened = { readonly network: Network; readonly host: Host }

/**
 * Opens a home; nothing stays open when it throws. The networks are not started.
 *
 * @param create whether a home without an identity gets one
 */
export async function openCore(
  settings: Readonly<Record<string, unknown>>,
  options: NodeOptions,
  create: boolean,
): Promise<Core> {
  await using open = new AsyncDisposableStack()
  const { clock, log, signal, plans = networkPlans, fetch = guardedFetch() } = options
  const folder = valueOf(homeSetting, settings)
  if (!create && (await vaultState(folder)) === 'none') throw new NoIdentityError(folder)
  const home = open.use(await openHome(folder, clock))
  const keys = open.use(await openKeys(home.layout, passphraseSource(settings, options.passphrase)))
  const store = open.use(await openStore(storeOptions(settings, home.layout, keys.vault, options)))
  const blobs = await openBlobs(home.layout.blobs, keys.vault.dataKey)
  const core = socialCore(store, clock)
  const opened = await openNetworks({ plans, settings, core, blobs, keys, fetch }, open)
  const networks = opened.map(({ network }) => network)
  const identities = networks.map((network) => network.identityOf(keys.vault.seed))
  const social = open.use(await openSocial({ core, networks, identities }))
  const failed = (kind: string, error: unknown): void =>
    log.error('The work {kind} failed: {error}', { kind, error })
  const jobs = open.use(openJobs(clock, failed))
  const works = worksOf({ core, opened, blobs })
  const sessionKey = keys.vault.deriveLocal('http/sessions')
  const parts = open.move()
  return {
    layout: home.layout,
    fresh: keys.fresh,
    sessionKey,
    social,
    networks,
    isRebuilding: () => isRebuilding(store),
    context: {
      version,
      clock,
      signal,
      social,
      networks,
      blobs,
      jobs,
      works,
      pageLink: () => undefined,
    },
    client: { version, clock, signal, social, networks, blobs, oauth: oauthTables(store) },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

async function openNetworks(
  parts: {
    readonly plans: readonly NetworkPlan[]
    readonly settings: Readonly<Record<string, unknown>>
    readonly core: SocialCore
    readonly blobs: BlobStore
    readonly keys: Keys
    readonly fetch: typeof globalThis.fetch
  },
  open: AsyncDisposableStack,
): Promise<readonly Opened[]> {
  const { plans, settings, core, blobs, keys } = parts
  const opened: Opened[] = []
  for (const plan of plans) {
    const host = hostFor({
      ...core,
      network: plan.name,
      blobs,
      fetch: parts.fetch,
      keys: async () => ({ seed: Uint8Array.from(keys.vault.seed), fresh: keys.fresh }),
    })
    opened.push({ host, network: open.use(await plan.open(host, settings)) })
  }
  return opened
}

function storeOptions(
  settings: Readonly<Record<string, unknown>>,
  layout: HomeLayout,
  vault: Vault,
  { clock }: NodeOptions,
): StoreOptions {
  const database = valueOf(databaseSetting, settings)
  if (database !== undefined && /^postgres(?:ql)?:/.test(database)) return { clock, url: database }
  return { clock, path: database ?? layout.database, key: vault.deriveLocal('store/database') }
}

function worksOf({
  core,
  opened,
  blobs,
}: {
  readonly core: SocialCore
  readonly opened: readonly Opened[]
  readonly blobs: BlobStore
}): LocalContext['works'] {
  const networks = opened.map(({ network }) => network)
  const stored = opened.map(({ network, host }) => ({ network, records: host.records }))
  return {
    import: (given: Json) => archiveWork('importFrom', networks, given),
    export: (given: Json) => archiveWork('exportTo', networks, given),
    verify: () => verifyWork(stored, () => checkedBlobs(blobs)),
    reindex: () => reindexWork(core, networks),
  }
}
