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
}

/** Makes the core over an open store. */
export function socialCore(store: Store, clock: Clock): SocialCore {
  const bus = changeBus()
  return { store, clock, bus, receiver: openReceiver({ store, clock, bus }) }
}
