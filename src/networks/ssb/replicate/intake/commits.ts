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
  /** Lets no step wait for more until it is disposed: somebody waits for the end. */
  hurry(): Disposable
  /** Lets the step that waits go. */
  nudge(): void
}

/** Records and deeds that may wait before their maker has to. */
const DEPTH = 12_000
/** Records and deeds that go to the host as one step: the cost of a step grows far slower than its size. */
const STEP = 6_000
/** Under load a step waits for more as long as so many of the last one took, and at most `PATIENCE` milliseconds. */
const REST = 3
const PATIENCE = 200

/**
 * @param signal ends the writer; what was not stored is given up (it was never acknowledged)
 * @param isPressed true while nothing more can come before something is stored
 */
export function openCommits(
  host: Pick<Host, 'receive'>,
  clock: Clock,
  signal: AbortSignal,
  isPressed: () => boolean,
): Commits {
  return new OpenCommits(host, clock, signal, isPressed)
}

const log = logger('ssb', 'intake')

class OpenCommits implements Commits {
  readonly #host: Pick<Host, 'receive'>
  readonly #clock: Clock
  readonly #signal: AbortSignal
  readonly #isPressed: () => boolean
  #queue: Commit[] = []
  #running: Promise<void> | undefined
  #waiting: (() => void)[] = []
  /** Records and deeds in the queue. */
  #weight = 0
  /** How many are in a hurry: then nothing rests. */
  #hurried = 0
  #endRest: () => void = () => undefined

  constructor(
    host: Pick<Host, 'receive'>,
    clock: Clock,
    signal: AbortSignal,
    isPressed: () => boolean,
  ) {
    this.#isPressed = isPressed
    this.#host = host
    this.#clock = clock
    this.#signal = signal
  }

  push(commit: Commit): void {
    this.#queue.push(commit)
    this.#weight += weightOf(commit)
    if (this.#weight >= STEP) this.#endRest()
    this.#running ??= Promise.resolve().then(() => this.#run())
  }

  async room(): Promise<void> {
    while (this.#weight >= DEPTH && !this.#signal.aborted) {
      await new Promise<void>((go) => this.#waiting.push(go))
    }
  }

  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  nudge(): void {
    this.#endRest()
  }

  hurry(): Disposable {
    this.#hurried++
    this.#endRest()
    return { [Symbol.dispose]: () => void this.#hurried-- }
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0 && !this.#signal.aborted) {
      const step = this.#take()
      const started = this.#clock.now()
      if (!(await this.#store(merge(step)))) break
      for (const { stored } of step) stored()
      this.#wake()
      await this.#rest(this.#clock.now() - started)
    }
    this.#running = undefined
    this.#wake()
  }

  #take(): readonly Commit[] {
    const step = this.#queue.slice(0, mergeable(this.#queue))
    this.#queue = this.#queue.slice(step.length)
    for (const commit of step) this.#weight -= weightOf(commit)
    return step
  }

  /** Lets the next step grow; a lone message that follows a quick step hardly waits. */
  async #rest(took: number): Promise<void> {
    const wait = Math.min(PATIENCE, REST * took)
    const isUrgent = this.#hurried > 0 || this.#weight >= STEP || this.#isPressed()
    if (wait <= 0 || isUrgent || this.#signal.aborted) return
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(wait, resolve)
      this.#endRest = () => {
        timer.cancel()
        resolve()
      }
      this.#signal.addEventListener('abort', this.#endRest, { once: true })
    })
    this.#signal.removeEventListener('abort', this.#endRest)
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
  let weight = 0
  for (const [index, commit] of queue.entries()) {
    if (commit.intake.dropped !== undefined) return Math.max(1, index)
    weight += weightOf(commit)
    if (weight > STEP) return Math.max(1, index)
  }
  return queue.length
}

function weightOf({ intake }: Commit): number {
  const { records = [], deeds = [], confirmed = [] } = intake
  return records.length + deeds.length + confirmed.length + 1
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
