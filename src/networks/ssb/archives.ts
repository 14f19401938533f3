/** Import of feeds from other programs, and export of all that is here. */
import type { Json } from '#base/json.ts'
import type { NativeRecord, Records } from '#network/host.ts'
import type { Progress } from '#network/network.ts'
import { writeDump } from '#networks/ssb/archive/dump-writer.ts'
import { readArchive, sniffArchive } from '#networks/ssb/archive/sniff.ts'
import type { Engine } from '#networks/ssb/engine.ts'

/** Records read at a time for an export. */
const PAGE = 200

/** Takes every message of an archive in, as if a peer had brought it: nothing is trusted that does not verify. */
export async function importArchive(
  path: string,
  engine: Engine,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Json> {
  const archive = await sniffArchive(path)
  const before = { ...engine.intake.counters }
  let read = 0
  let skipped = 0
  await engine.acceptAll(async () => {
    const progress = (done: number, total: number): void =>
      report({ what: 'Bytes read', done, total })
    const options = { signal, progress, skipped: () => void (skipped += 1) }
    for await (const bytes of readArchive(archive, options)) {
      read += 1
      await engine.intake.offer({ type: 'json', bytes }, `the archive ${path}`)
    }
    await engine.intake.settled()
  })
  const { stored, known, gap, fork, invalid, forged } = engine.intake.counters
  return {
    kind: archive.kind,
    read,
    stored: stored - before.stored,
    known: known - before.known,
    refused: invalid + forged + fork - before.invalid - before.forged - before.fork,
    incomplete: gap - before.gap,
    skipped,
  }
}

/** Writes every stored message to a dump, feed by feed. */
export async function exportArchive(
  path: string,
  records: Records,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Json> {
  const heads = await records.heads()
  const total = heads.reduce((sum, { checked }) => sum + checked, 0)
  const progress = (done: number): void => report({ what: 'Messages written', done, total })
  const { count, bytes } = await writeDump(checkedRecords(records), path, { signal, progress })
  return { path, messages: count, bytes }
}

/** Provisional messages stay out: nobody may pass them on. */
async function* checkedRecords(records: Records): AsyncGenerator<NativeRecord> {
  for (const { feed, checked } of await records.heads()) {
    for (let next = 1; next <= checked;) {
      const page = await records.range(feed, next, Math.min(PAGE, checked - next + 1))
      if (page.length === 0) break
      yield* page
      next += page.length
    }
  }
}
