/** The one writer: what is ready goes to the host in few big steps, in order, one at a time. */
import { sleep, type Clock } from '#base/clock.ts'
import { logger } from '#base/log.ts'
import type { Host, Intake } from '#network/host.ts'

/** One step for the host and what to do when it is durable. */
export type Commit = { readonly intake: Intake; readonly stored: () => void }

/** The queue before the host. */
export interface Commits {
  push(commit: Commit): void
  /** Resolves when so few steps wait that more may be pushed. */
  room(): Promise<void>
  /** Resolves when nothing waits. */
  idle(): Promise<void>
  readonly failing: boolean
}

/** Steps that may wait before their maker has to. */
const DEPTH = 3
/** Steps that go to the host as one. */
const MERGED = 8

/** @param signal ends the writer; what was not stored is given up (it was never acknowledged) */
export function openCommits(
  host: Pick<Host, 'receive'>,
  clock: Clock,
  signal: AbortSignal,
): Commits {
  const log = logger('ssb', 'intake')
  let queue: Commit[] = []
  let running: Promise<void> | undefined
  let failing = false
  let waiting: (() => void)[] = []

  /** A full disk is waited for: the peers are held back meanwhile, and nothing is lost. */
  async function store(intake: Intake): Promise<boolean> {
    for (let wait = 1_000; !signal.aborted; wait = Math.min(wait * 2, 60_000)) {
      try {
        await host.receive(intake)
        failing = false
        return true
      } catch (error) {
        failing = true
        log.error('Storing messages failed; trying again in {wait} ms: {error}', { wait, error })
        await sleep(clock, wait, signal).catch(() => undefined)
      }
    }
    return false
  }
  async function run(): Promise<void> {
    while (queue.length > 0 && !signal.aborted) {
      const step = queue.slice(0, mergeable(queue))
      queue = queue.slice(step.length)
      if (!(await store(merge(step)))) break
      for (const { stored } of step) stored()
      wake()
    }
    running = undefined
    wake()
  }
  function wake(): void {
    const ready = waiting
    waiting = []
    for (const go of ready) go()
  }
  return {
    get failing() {
      return failing
    },
    push(commit) {
      queue.push(commit)
      running ??= Promise.resolve().then(run)
    },
    async room() {
      while (queue.length >= DEPTH && !signal.aborted) {
        await new Promise<void>((go) => waiting.push(go))
      }
    },
    async idle() {
      while (running) await running
    },
  }
}

/** A cut goes alone: what is before it and what is after it are not the same feed. */
function mergeable(queue: readonly Commit[]): number {
  const cut = queue.findIndex(({ intake }) => intake.dropped !== undefined)
  if (cut === 0) return 1
  return Math.min(MERGED, cut < 0 ? queue.length : cut)
}

function merge(commits: readonly Commit[]): Intake {
  const first = commits[0]
  if (commits.length === 1 && first) return first.intake
  return {
    records: commits.flatMap(({ intake }) => intake.records ?? []),
    provisional: commits.flatMap(({ intake }) => intake.provisional ?? []),
    confirmed: commits.flatMap(({ intake }) => intake.confirmed ?? []),
    deeds: commits.flatMap(({ intake }) => intake.deeds ?? []),
    checked: commits.flatMap(({ intake }) => intake.checked ?? []),
  }
}
