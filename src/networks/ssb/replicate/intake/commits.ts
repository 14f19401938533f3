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
  return new OpenCommits(host, clock, signal)
}

const log = logger('ssb', 'intake')

class OpenCommits implements Commits {
  readonly #host: Pick<Host, 'receive'>
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #queue: Commit[] = []
  #running: Promise<void> | undefined
  #waiting: (() => void)[] = []

  constructor(host: Pick<Host, 'receive'>, clock: Clock, signal: AbortSignal) {
    this.#host = host
    this.#clock = clock
    this.#signal = signal
  }

  push(commit: Commit): void {
    this.#queue.push(commit)
    this.#running ??= Promise.resolve().then(() => this.#run())
  }

  async room(): Promise<void> {
    while (this.#queue.length >= DEPTH && !this.#signal.aborted) {
      await new Promise<void>((go) => this.#waiting.push(go))
    }
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 && !this.#signal.aborted) {
      const step = this.#queue.slice(0, mergeable(this.#queue))
      this.#queue = this.#queue.slice(step.length)
      if (!(await this.#store(merge(step)))) break
      for (const { stored } of step) stored()
      this.#wake()
    }
    this.#running = undefined
    this.#wake()
  }

  /** A full disk is waited for: the peers are held back meanwhile, and nothing is lost. */
  async #store(intake: Intake): Promise<boolean> {
    for (let wait = 1_000; !this.#signal.aborted; wait = Math.min(wait * 2, 60_000)) {
      try {
        await this.#host.receive(intake)
        return true
      } catch (error) {
        log.error('Storing messages failed; trying again in {wait} ms: {error}', { wait, error })
        await sleep(this.#clock, wait, this.#signal).catch(() => undefined)
      }
    }
    return false
  }

  #wake(): void {
    for (const go of this.#waiting.splice(0)) go()
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
