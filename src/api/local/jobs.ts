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
  const jobs = new Map<string, Job>()
  const waiting = new Set<() => void>()
  let last = 0
  let running: { readonly id: string; readonly stop: AbortController; readonly end: Promise<void> } | undefined

  const set = (job: Job): void => {
    jobs.set(job.id, job)
    for (const wake of waiting) wake()
    waiting.clear()
  }
  const change = (id: string, by: Partial<Job>): void => {
    const job = jobs.get(id)
    if (job?.state === 'running') set({ ...job, ...by })
  }
  const run = async (id: string, kind: string, work: Work, signal: AbortSignal): Promise<void> => {
    try {
      const result = await work((progress) => change(id, { progress }), signal)
      change(id, { state: 'done', ended: clock.now(), result })
    } catch (error) {
      if (!signal.aborted) failed(kind, error)
      const text = error instanceof Error ? error.message : String(error)
      change(id, {
        state: signal.aborted ? 'cancelled' : 'failed',
        ended: clock.now(),
        error: signal.aborted ? 'It was stopped.' : text,
      })
    }
    running = undefined
    for (const old of [...jobs.keys()].slice(0, -kept)) jobs.delete(old)
  }

  return {
    start(kind, work) {
      if (running) {
        const other = jobs.get(running.id)?.kind ?? 'work'
        throw new HttpError(409, 'busy', `Another long work (${other}) is running. Wait for it or cancel it.`)
      }
      const job: Job = { id: String(++last), kind, state: 'running', started: clock.now() }
      const stop = new AbortController()
      set(job)
      const end = Promise.resolve().then(() => run(job.id, kind, work, stop.signal))
      running = { id: job.id, stop, end }
      return job
    },
    get: (id) => jobs.get(id),
    list: () => [...jobs.values()].toReversed(),
    cancel(id) {
      if (running?.id === id) running.stop.abort(new Error('A person stopped it.'))
    },
    async *watch(id, signal) {
      let shown: Job | undefined
      for (;;) {
        const job = jobs.get(id)
        if (!job || signal.aborted) return
        if (job !== shown) {
          yield job
          shown = job
          if (job.state !== 'running') return
          continue
        }
        await new Promise<void>((resolve) => {
          waiting.add(resolve)
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
      }
    },
    async [Symbol.asyncDispose]() {
      running?.stop.abort(new Error('The node stops.'))
      await running?.end
    },
  }
}
