import type { MultiserverAddress } from '#networks/ssb/wire/multiserver-address.ts'
import type { Pipe } from '#networks/ssb/wire/pipe.ts'

/** A way to reach peers. TCP is one, a room's tunnel another; the DHT and Bluetooth follow as others. */
export interface Carrier {
  /** For people and for the scheduler: `net`, `tunnel`… */
  readonly name: string
  /** True when this carrier can dial that address. */
  dials(address: MultiserverAddress): boolean
  /** @throws DialError with a sentence for people */
  dial(address: MultiserverAddress, signal: AbortSignal): Promise<Pipe>
  /** Takes incoming pipes until disposed; undefined when this carrier only dials. */
  listen?(take: (pipe: Pipe) => void): Promise<Listener>
}

/** An open listener. */
export interface Listener extends AsyncDisposable {
  /** Addresses that others can dial, without the `~shs:` part. */
  readonly addresses: readonly string[]
}
