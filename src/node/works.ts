/** Long works over everything that is stored: check, rebuild, read and write archives. */
import { isObject, type Json } from '#base/json.ts'
import { MetaLifeError } from '#base/errors.ts'
import type { Work } from '#api/local/jobs.ts'
import type { BlobStore } from '#store/blobs/blob-store.ts'
import type { NativeRecord, Records } from '#network/host.ts'
import type { Network, Progress } from '#network/network.ts'
import type { SocialCore } from '#social/core.ts'
import { reindex } from '#social/reindex.ts'

/** No network does what was asked. */
export class NoArchiveError extends MetaLifeError {
  override name = 'NoArchiveError'
}

/** One stored blob, checked: `fault` says what is wrong with it. */
export type CheckedBlob = { readonly fault?: string }

/** Records read at a time. */
const batch = 500
/** Faults that are named; more are only counted. */
const named = 100

/** Checks every record by itself and in its feed, then every blob. Answers counts and `faults` in sentences. */
export function verifyWork(
  stored: readonly { readonly network: Network; readonly records: Records }[],
  blobs: () => AsyncIterable<CheckedBlob>,
): Work {
  return async (report, signal) => {
    const found = { records: 0, feeds: 0, blobs: 0, faults: [] as string[] }
    for (const { network, records } of stored) {
      const heads = await records.heads()
      const total = heads.reduce((sum, { sequence }) => sum + sequence, 0)
      let done = 0
      for (const { feed, sequence } of heads) {
        found.feeds += 1
        for await (const step of verifyFeed(network, records, feed, sequence, signal)) {
          found.records += step.records
          done += step.records
          found.faults.push(...step.faults)
          report({ what: `${network.title} records`, done, total })
        }
      }
    }
    for await (const { fault } of blobs()) {
      signal.throwIfAborted()
      found.blobs += 1
      if (fault !== undefined) found.faults.push(fault)
      report({ what: 'Blobs', done: found.blobs })
    }
    const more = found.faults.length - named
    const faults = more > 0 ? [...found.faults.slice(0, named), `and ${more} more`] : found.faults
    return { ...found, faults }
  }
}

async function* verifyFeed(
  network: Network,
  records: Records,
  feed: string,
  head: number,
  signal: AbortSignal,
): AsyncGenerator<{ readonly records: number; readonly faults: readonly string[] }> {
  let next = 1
  let previous: NativeRecord | null | undefined = null
  while (next <= head) {
    signal.throwIfAborted()
    const range = await records.range(feed, next, batch)
    const faults: string[] = []
    for (const record of range) {
      const sequence = record.sequence ?? next
      if (sequence !== next) {
        faults.push(`${feed}: records ${next} to ${sequence - 1} are missing`)
        previous = undefined
      }
      const wrong = await network.verify(record, previous)
      previous = record
      if (wrong !== undefined) faults.push(`${record.id}: ${wrong}`)
      next = sequence + 1
    }
    if (range.length === 0) faults.push(`${feed}: records ${next} to ${head} are missing`)
    yield { records: range.length, faults }
    if (range.length === 0) return
  }
}

/** Reads every blob whole and checks it. */
export async function* checkedBlobs(blobs: BlobStore): AsyncGenerator<CheckedBlob> {
  for await (const { path, hash } of blobs.list()) {
    const state = hash ? await blobs.verify(hash) : 'damaged'
    yield state === 'whole' ? {} : { fault: `The blob in ${path} is ${state}.` }
  }
}

/** Reads or writes an archive with the network that is named, or the only one that can. */
export function archiveWork(
  direction: 'importFrom' | 'exportTo',
  networks: readonly Network[],
  parameters: Json,
): Work {
  return async (report, signal) => {
    const { path, network: name } = isObject(parameters) ? parameters : {}
    const able = networks.filter((one) => one[direction] !== undefined)
    const [network, second] = name === undefined ? able : able.filter((one) => one.name === name)
    const work = network?.[direction]?.bind(network)
    if (typeof path !== 'string' || !work) {
      const what = direction === 'importFrom' ? 'read' : 'write'
      throw new NoArchiveError(
        `No network of that name can ${what} an archive. See: metalife networks`,
      )
    }
    if (second) {
      const names = able.map((one) => one.name).join(', ')
      throw new NoArchiveError(`Several networks have archives. Say which: --network ${names}.`)
    }
    return await work(path, report, signal)
  }
}

/** Builds every index anew; interrupted, it goes on where it ended. */
export function reindexWork(core: SocialCore, networks: readonly Network[]): Work {
  return async (progress, signal) => {
    let records = 0
    const count = (now: Progress): void => {
      records = now.done
      progress({ ...now, what: 'Records' })
    }
    await reindex({ core, networks, progress: count, signal })
    return { records }
  }
}
