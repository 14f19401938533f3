/** What the local API stands on; the composition root gives it. */
import type { Clock } from '#base/clock.ts'
import type { Json } from '#base/json.ts'
import type { Jobs, Work } from '#api/local/jobs.ts'
import type { LocalBlobs, LocalNetwork } from '#api/local/ports.ts'
import type { Social } from '#social/social.ts'

/** The parts of a node that people reach through the local API. */
export type LocalContext = {
  readonly version: string
  readonly clock: Clock
  /** Ends with the node. */
  readonly signal: AbortSignal
  readonly social: Social
  readonly networks: readonly LocalNetwork[]
  readonly blobs: LocalBlobs
  readonly jobs: Jobs
  /** Long works that people can ask for. */
  readonly works: Readonly<Record<WorkKind, (parameters: Json) => Work>>
  /** An address of the page that works once; undefined where no page is served. */
  readonly pageLink: () => string | undefined
}

/** The names of long works. */
export type WorkKind = 'import' | 'export' | 'verify' | 'reindex'
