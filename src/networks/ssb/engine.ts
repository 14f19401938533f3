/** Everything of Scuttlebutt that needs no socket: the intake, the follow graph, the own feed and its guard. */
import type { Host } from '#network/host.ts'
import { openVerifier } from '#networks/ssb/feed/open-verifier.ts'
import { parseMessage } from '#networks/ssb/feed/parse-message.ts'
import { unseal } from '#networks/ssb/feed/private-box.ts'
import { keysOf, type SsbKeys } from '#networks/ssb/identity.ts'
import { deedsOf } from '#networks/ssb/kinds/deeds-of.ts'
import { openMisbehaviour, type Misbehaviour } from '#networks/ssb/misbehaviour.ts'
import { openOwnFeed, type OwnFeed } from '#networks/ssb/own-feed.ts'
import { openGraph, type FollowGraph } from '#networks/ssb/replicate/graph.ts'
import type { MessageIntake } from '#networks/ssb/replicate/intake.ts'
import { openIntake } from '#networks/ssb/replicate/open-intake.ts'
import type { SsbSettings } from '#networks/ssb/settings.ts'
import { openWriteGuard, type WriteGuard } from '#networks/ssb/write-guard.ts'

/** What writes, imports and gossips all work with. */
export interface Engine extends AsyncDisposable {
  readonly keys: SsbKeys
  readonly intake: MessageIntake
  readonly graph: FollowGraph
  readonly guard: WriteGuard
  readonly own: OwnFeed
  readonly misbehaviour: Misbehaviour
  /** Lets every feed in, not only those of the graph, while `work` runs. */
  acceptAll<T>(work: () => Promise<T>): Promise<T>
}

/** Opens the engine of the identity with this seed; checks first what a crash left unchecked. */
export async function openEngine(
  host: Host,
  identity: { readonly seed: Uint8Array; readonly fresh?: boolean },
  settings: SsbSettings,
): Promise<Engine> {
  await using parts = new AsyncDisposableStack()
  const keys = keysOf(identity.seed)
  const { clock } = host
  const hmac = settings['ssb-hmac'] ? { hmacKey: settings['ssb-hmac'] } : {}
  const misbehaviour = openMisbehaviour(clock)
  const verifier = parts.use(openVerifier({ threads: settings['ssb-threads'], ...hmac }))
  let open = 0
  const intake = parts.use(
    await openIntake({
      host,
      verifier,
      parse: parseMessage,
      decode: deedsOf,
      unseal: (box) => unseal(box, keys),
      clock,
      wanted: (feed) => open > 0 || graph.wants(feed),
      onMisbehaviour: misbehaviour.count,
      limits: { maxFeedMessages: settings['ssb-max-feed-messages'] },
    }),
  )
  const graph = parts.use(
    openGraph({
      ties: await host.ties(),
      roots: [keys.id],
      hops: settings['ssb-hops'],
      maxFeeds: settings['ssb-max-feeds'],
      clock,
    }),
  )
  const guard = parts.use(
    await openWriteGuard({
      state: host.state,
      clock,
      sequence: intake.sequence(keys.id),
      fresh: identity.fresh ?? false,
      override: settings['ssb-write-unheard'],
    }),
  )
  parts.defer(
    intake.onChecked((feed, sequence) => {
      if (feed === keys.id) void guard.stored(sequence).catch(() => undefined)
    }),
  )
  const own = openOwnFeed({ host, keys, intake, guard, ...hmac })
  const stack = parts.move()
  return {
    keys,
    intake,
    graph,
    guard,
    own,
    misbehaviour,
    async acceptAll(work) {
      open += 1
      try {
        return await work()
      } finally {
        open -= 1
      }
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
