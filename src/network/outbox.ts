import type { Draft } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'

/** A deed of ours on its way to one target of one network. */
export type Parcel = {
  /** The deed's row. */
  readonly id: number
  readonly network: string
  /** What the network is told to do it only once by. */
  readonly key: string
  readonly deed: Draft
  readonly target: string
  /** False while the network was not asked for its targets. */
  readonly expanded: boolean
  /** How often it was tried. */
  readonly attempt: number
  /** The record that came of the deed already. */
  readonly ref?: Ref
}

/** What became of a parcel. */
export type Settlement =
  | { readonly state: 'sent' }
  | { readonly state: 'retry'; readonly due: number; readonly why: string }
  | { readonly state: 'gone' | 'refused' | 'unsupported'; readonly why: string }

/** Where deeds wait until they are delivered: durable, and shared by any number of workers. */
export interface Outbox {
  /**
   * Takes parcels of these networks that are due, oldest first; until `until` no other worker gets them.
   */
  claim(
    networks: readonly string[],
    now: number,
    until: number,
    limit: number,
  ): Promise<readonly Parcel[]>
  /** Puts the network's targets in the place of the one parcel that stood for all; they are claimed until `until`. */
  expand(parcel: Parcel, targets: readonly string[], until: number): Promise<readonly Parcel[]>
  settle(parcel: Parcel, settlement: Settlement): Promise<void>
  /** When the next parcel of these networks falls due; undefined when none waits. */
  nextDue(networks: readonly string[]): Promise<number | undefined>
  /** Gives back what a worker that died had taken; only where no other worker can run. */
  release(now: number): Promise<void>
}
