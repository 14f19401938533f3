import type { Clock } from '#base/clock.ts'
import type { Intake } from '#network/host.ts'
import type { Store, Transaction } from '#store/store.ts'
import { peopleCache, type PeopleCache } from '#store/tables/people.ts'
import type { ChangeBus } from '#social/bus.ts'
import { receiveChanges } from '#social/receive/changes.ts'
import { dropFeeds } from '#social/receive/drop.ts'
import { receiveEvents } from '#social/receive/events.ts'
import { itemsOf } from '#social/receive/item.ts'
import { linkKeys } from '#social/receive/keys.ts'
import { receiveMessages } from '#social/receive/messages.ts'
import { receivePosts } from '#social/receive/posts.ts'
import { receiveMoves, receiveProfiles } from '#social/receive/profiles.ts'
import { keepRecords } from '#social/receive/records.ts'
import { setScene, type Scene } from '#social/receive/scene.ts'
import {
  receiveReactions,
  receiveShares,
  receiveSubscriptions,
  receiveTies,
} from '#social/receive/ties.ts'

/** The one inbound funnel of a node. */
export interface Receiver {
  /** Stores an intake whole, in one transaction, or not at all; then tells listeners. */
  receive(network: string, intake: Intake): Promise<void>
  /** The same inside a transaction of a rebuild: ids stay what they were and nobody is told. */
  rebuild(tx: Transaction, network: string, intake: Intake): Promise<void>
}

/** Makes the funnel. */
export function openReceiver(parts: {
  readonly store: Store
  readonly clock: Clock
  readonly bus: ChangeBus
}): Receiver {
  const cache = peopleCache()
  return {
    async receive(network, intake) {
      const scene = await parts.store.write((tx) =>
        apply(tx, cache, network, intake, parts.clock.now(), false),
      )
      for (const [of, people] of scene.people) cache.remember(of, people)
      parts.bus.emit(scene.changes)
    },
    async rebuild(tx, network, intake) {
      await apply(tx, cache, network, intake, parts.clock.now(), true)
    },
  }
}

async function apply(
  tx: Transaction,
  cache: PeopleCache,
  network: string,
  intake: Intake,
  now: number,
  rebuilding: boolean,
): Promise<Scene> {
  await tx.lock('receive')
  await dropFeeds(tx, network, intake.dropped)
  const scene = await setScene(tx, cache, network, intake, now, rebuilding)
  const refused = await keepRecords(scene, intake)
  await linkKeys(scene, intake)
  const items = await itemsOf(scene, intake, refused)
  await receivePosts(scene, items.post)
  await receiveMessages(scene, items.message)
  await receiveReactions(scene, items.react)
  await receiveTies(scene, [...items.follow, ...items.block, ...items['answer-follow']])
  await receiveProfiles(scene, items.profile)
  await receiveSubscriptions(scene, items.subscribe)
  await receiveShares(scene, items.share)
  await receiveEvents(scene, items.event)
  await receiveMoves(scene, items.move)
  await receiveChanges(scene, [...items.edit, ...items.delete])
  return scene
}
