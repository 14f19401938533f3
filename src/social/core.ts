import type { Clock } from '#base/clock.ts'
import type { Store } from '#store/store.ts'
import { changeBus, type ChangeBus } from '#social/bus.ts'
import { openReceiver, type Receiver } from '#social/receive/receive.ts'

/** What the inbound side (hosts of networks) and the door of local people share in one process. */
export type SocialCore = {
  readonly store: Store
  readonly clock: Clock
  readonly bus: ChangeBus
  readonly receiver: Receiver
  /** True while the indexes are rebuilt: lists would be incomplete. */
  readonly state: { rebuilding: boolean }
}

/** Makes the core over an open store. */
export function socialCore(store: Store, clock: Clock): SocialCore {
  const bus = changeBus()
  const receiver = openReceiver({ store, clock, bus })
  return { store, clock, bus, receiver, state: { rebuilding: false } }
}
