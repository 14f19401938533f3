/** Long works: one at a time, with progress that many can watch, kept for a while after they end. */
import type { Clock } from '#base/clock.ts'
import type { Json } from '#base/json.ts'
import { HttpError } from '#http/http-error.ts'
import type { Progress } from '#api/local/ports.ts'

/** A long work; it reports as often as it likes and stops with the signal. */
export type Work = (report: (progress: Progress) => void, signal: AbortSignal) => Promise<Json>

/** A long work as people see it. */
export type Job = {
  readonly id: string
  readonly kind: string
  readonly state: 'running' | 'done' | 'failed' | 'cancelled'
  /** Milliseconds since 1970. */
  readonly started: number
  readonly ended?: number
  readonly progress?: Progress
  readonly result?: Json
  readonly error?: string
}

/** The works of this node. Disposing it stops the one that runs and waits for it. */
export interface Jobs extends AsyncDisposable {
  /** @throws HttpError 409 while another one runs */
  start(kind: string, work: Work): Job
  get(id: string): Job | undefined
  list(): readonly Job[]
  cancel(id: string): void
  /** The job as it is now, then each later state; ends when the job has ended. */
  watch(id: string, signal: AbortSignal): AsyncGenerator<Job>
}

/** Ended jobs that are remembered. */
const kept = 20

/**
 * @param failed called with what a work threw, for the log
 */
export function openJobs(clock: Clock, failed: (kind: string, error: unknown) => void): Jobs {
  const board = openBoard()
  let last = 0
  let running:
    | { readonly id: string; readonly stop: AbortController; readonly end: Promise<void> }
    | undefined

  const run = async (job: Job, work: Work, signal: AbortSignal): Promise<void> => {
    const end = await outcome(work, (progress) => board.change(job.id, { progress }), signal)
    if (end.state === 'failed') failed(job.kind, end.cause)
    const { cause: _cause, ...shown } = end
    running = undefined
    board.change(job.id, { ...shown, ended: clock.now() })
  }

  return {
    start(kind, work) {
      if (running) {
        const other = board.get(running.id)?.kind ?? 'work'
        throw new HttpError(
          409,
          'busy',
          `Another long work (${other}) is running. Wait for it or cancel it.`,
        )
      }
      const job: Job = { id: String(++last), kind, state: 'running', started: clock.now() }
      const stop = new AbortController()
      board.add(job)
      const end = Promise.resolve().then(() => run(job, work, stop.signal))
      running = { id: job.id, stop, end }
      return job
    },
    get: board.get,
    list: board.list,
    watch: (id, signal) => board.watch(id, signal),
    cancel(id) {
      if (running?.id === id) running.stop.abort(new Error('A person stopped it.'))
    },
    async [Symbol.asyncDispose]() {
      running?.stop.abort(new Error('The node stops.'))
      await running?.end
    },
  }
}

type Outcome = Pick<Job, 'state' | 'result' | 'error'> & { readonly cause?: unknown }

async function outcome(
  work: Work,
  report: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    return { state: 'done', result: await work(report, signal) }
  } catch (cause) {
    if (signal.aborted) return { state: 'cancelled', error: 'It was stopped.' }
    return { state: 'failed', error: cause instanceof Error ? cause.message : String(cause), cause }
  }
}

/** The jobs that are known, and who watches them. */
function openBoard() {
  const jobs = new Map<string, Job>()
  const waiting = new Set<() => void>()
  const set = (job: Job): void => {
    jobs.set(job.id, job)
    for (const wake of waiting) wake()
    waiting.clear()
  }
  return {
    get: (id: string) => jobs.get(id),
    list: () => [...jobs.values()].toReversed(),
    add(job: Job): void {
      set(job)
      for (const old of [...jobs.keys()].slice(0, -kept)) jobs.delete(old)
    },
    change(id: string, by: Partial<Job>): void {
      const job = jobs.get(id)
      if (job?.state === 'running') set({ ...job, ...by })
    },
    async *watch(id: string, signal: AbortSignal): AsyncGenerator<Job> {
      let shown: Job | undefined
      let wake = (): void => undefined
      signal.addEventListener('abort', () => wake(), { once: true })
      while (!signal.aborted) {
        const job = jobs.get(id)
        if (!job) return
        if (job !== shown) {
          yield job
          shown = job
          if (job.state !== 'running') return
          continue
        }
        await new Promise<void>((resolve) => {
          wake = resolve
          waiting.add(wake)
        })
        waiting.delete(wake)
      }
    },
  }
}
