/**
 * Brings deeds that are on disk to their networks and notes what became of them.
 *
 * A crash between sending and noting is harmless: the parcel comes again with the same key, and the network makes one
 * record of it.
 */
import { setMaxListeners } from 'node:events'
import type { Clock, Timer } from '#base/clock.ts'
import type { Logger } from '#base/log.ts'
import type { Delivery, Network } from '#network/network.ts'
import type { Outbox, Parcel, Settlement } from '#network/outbox.ts'

export interface Router extends AsyncDisposable {
  /** Starts sending what waits, from before too. */
  start(): void
  /** Sends parcels that the caller has claimed; resolves when each was tried once. */
  dispatch(parcels: readonly Parcel[]): Promise<void>
}

export type RouterParts = {
  readonly outbox: Outbox
  /** The enabled networks by name; may grow. */
  readonly networks: ReadonlyMap<string, Network>
  readonly clock: Clock
  readonly log: Logger
  /** True when no other process works on the same outbox. */
  readonly alone: boolean
  /** 0 to 1, for jitter. */
  readonly random?: () => number
}

/** How long a worker keeps a parcel to itself, in milliseconds: longer than any send may take. */
export const LEASE = 120_000
const SEND_TIMEOUT = 90_000
const FIRST_RETRY = 2000
const LONGEST_RETRY = 6 * 3_600_000
/** With the longest waits between them these are about two weeks. */
const ATTEMPTS = 70
const AT_ONCE = 32
/** How long the queue is left alone when nothing is due, so that rows of other processes are found too. */
const LOOK_AGAIN = 30_000

/** Makes a router; it does nothing by itself before `start`. */
export function openRouter(parts: RouterParts): Router {
  const { clock, outbox, log } = parts
  const stop = new AbortController()
  setMaxListeners(0, stop.signal)
  const running = new Set<Promise<unknown>>()
  let timer: Timer | undefined
  let started = false

  function track<T>(work: Promise<T>): Promise<T> {
    running.add(work)
    return work.finally(() => running.delete(work))
  }

  function wakeIn(ms: number): void {
    timer?.cancel()
    if (stop.signal.aborted) return
    timer = clock.after(Math.min(LOOK_AGAIN, Math.max(0, ms)), () => void track(work(false)))
  }

  async function plan(): Promise<void> {
    const due = await outbox.nextDue([...parts.networks.keys()])
    wakeIn(due === undefined ? LOOK_AGAIN : due - clock.now())
  }

  async function work(first: boolean): Promise<void> {
    try {
      if (first && parts.alone) await outbox.release(clock.now())
      await deliverDue(parts, stop.signal)
      await plan()
    } catch (error) {
      log.warn('the outbox could not be worked on: {error}', { error })
      wakeIn(LOOK_AGAIN)
    }
  }

  return {
    start() {
      if (started) return
      started = true
      void track(work(true))
    },
    async dispatch(parcels) {
      if (stop.signal.aborted) return
      const waits = await track(deliverAll(parts, parcels, stop.signal))
      if (started && waits) await plan()
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      timer?.cancel()
      await Promise.allSettled(running)
    },
  }
}

async function deliverDue(parts: RouterParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const now = parts.clock.now()
    const names = [...parts.networks.keys()]
    const parcels = await parts.outbox.claim(names, now, now + LEASE, AT_ONCE)
    if (parcels.length === 0) return
    await deliverAll(parts, parcels, signal)
  }
}

/**
 * Parcels to one target go one after the other in their order, different targets side by side.
 *
 * @returns true when some of them are to be tried again
 */
async function deliverAll(
  parts: RouterParts,
  parcels: readonly Parcel[],
  signal: AbortSignal,
): Promise<boolean> {
  const lanes = Map.groupBy(parcels, ({ network, target }) => `${network} ${target}`)
  const waits = await Promise.all(
    [...lanes.values()].map(async (lane) => {
      let some = false
      for (const parcel of lane) some = (await deliver(parts, parcel, signal)) || some
      return some
    }),
  )
  return waits.includes(true)
}

async function deliver(parts: RouterParts, parcel: Parcel, signal: AbortSignal): Promise<boolean> {
  const network = parts.networks.get(parcel.network)
  if (!network || signal.aborted) return false
  if (parcel.expanded) return await sendOne(parts, network, parcel, signal)
  let targets: readonly string[]
  try {
    targets = await network.targets(parcel.deed)
  } catch (error) {
    return await settle(parts, parcel, failed(error))
  }
  // Where nobody is to be told, the network is still to make the record.
  const distinct = targets.length === 0 ? [''] : targets
  const each = await parts.outbox.expand(parcel, distinct, parts.clock.now() + LEASE)
  let some = false
  for (const one of each) some = (await sendOne(parts, network, one, signal)) || some
  return some
}

async function sendOne(
  parts: RouterParts,
  network: Network,
  parcel: Parcel,
  signal: AbortSignal,
): Promise<boolean> {
  // The record of a deed that spreads by itself is all there is to send.
  if (parcel.ref && parcel.target === '') {
    return await settle(parts, parcel, { outcome: 'sent', ref: parcel.ref })
  }
  let delivery: Delivery
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(SEND_TIMEOUT)])
    delivery = await network.send(parcel.deed, parcel.target, parcel.key, limit)
  } catch (error) {
    if (signal.aborted) return false
    delivery = failed(error)
  }
  return await settle(parts, parcel, delivery)
}

function failed(error: unknown): Delivery {
  const why = error instanceof Error ? error.message : 'the network failed'
  return { outcome: 'retry', after: 0, why }
}

async function settle(parts: RouterParts, parcel: Parcel, delivery: Delivery): Promise<boolean> {
  const settlement = settlementOf(parts, parcel, delivery)
  await parts.outbox.settle(parcel, settlement)
  return settlement.state === 'retry'
}

function settlementOf(parts: RouterParts, parcel: Parcel, delivery: Delivery): Settlement {
  if (delivery.outcome === 'sent') return { state: 'sent' }
  if (delivery.outcome !== 'retry') return { state: delivery.outcome, why: delivery.why }
  if (parcel.attempt + 1 >= ATTEMPTS) return { state: 'gone', why: delivery.why }
  const wait = backOff(parcel.attempt, (parts.random ?? Math.random)())
  return {
    state: 'retry',
    due: parts.clock.now() + Math.max(delivery.after, wait),
    why: delivery.why,
  }
}

/** Doubles with every attempt, between half and one and a half of it, so that many do not come back at once. */
function backOff(attempt: number, random: number): number {
  const full = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** Math.min(attempt, 30))
  return Math.round(full * (0.5 + random))
}
