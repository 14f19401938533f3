/** People of the sample network who write records without a node of their own. */
import type { PostDeed, Deed, Draft } from '#model/deed.ts'
import type { Ref } from '#model/ref.ts'
import type { Intake, NativeRecord } from '#network/host.ts'
import { seedOf } from '#rig/data-node.ts'
import { sampleDeeds, sampleIdentity, sampleRecord } from '#rig/sample-network.ts'

/** What a deed says beside who and when. */
export type Said = Draft extends infer D
  ? D extends Draft
    ? Omit<D, 'actor' | 'at'> & { readonly at?: number }
    : never
  : never

/** A record with the deed in it. */
export type Written = { readonly record: NativeRecord; readonly deed: Deed; readonly ref: Ref }

/** Somebody with a feed. */
export type SamplePerson = {
  readonly ref: Ref
  /** Writes the next record of their feed. */
  write(said: Said): Written
  /** A post of plain words. */
  post(body: string, more?: Partial<Omit<PostDeed, 'kind' | 'content'>>): Written
}

/** A person by their initial; `at` of what they write grows by one second each. */
export function samplePerson(initial: string, start = 1_600_000_000_000): SamplePerson {
  const seed = seedOf(initial)
  const ref = sampleIdentity('sample', seed)
  let sequence = 0
  const write = (said: Said): Written => {
    sequence += 1
    const draft = { at: start + sequence * 1000, ...said, actor: ref } as Draft
    const record = sampleRecord(draft, sequence, seed)
    const [deed] = sampleDeeds(record)
    return { record, deed: deed!, ref: deed!.ref }
  }
  return {
    ref,
    write,
    post: (body, more = {}) =>
      write({ kind: 'post', content: words(body), audience: 'public', ...more }),
  }
}

/** Content that is nothing but text. */
export function words(body: string) {
  return {
    text: { format: 'plain', body },
    mentions: [],
    tags: [],
    attachments: [],
  } as const
}

/** An intake of checked records. */
export function checkedIntake(...written: readonly Written[]): Intake {
  return {
    records: written.map(({ record }) => record),
    deeds: written.map(({ deed }) => deed),
    checked: written.map(({ record }) => ({ feed: record.feed, sequence: record.sequence! })),
  }
}
