/** Starts a long work of the node, shows its progress and waits for its end. */
import { MetaLifeError } from '#base/errors.ts'
import type { NodeClient } from '#cli/client.ts'
import type { Call } from '#cli/command.ts'
import { progressBar } from '#cli/progress-bar.ts'
import type { Job } from '#node/answers.ts'

/** A long work failed or was stopped. */
export class JobError extends MetaLifeError {
  override name = 'JobError'
}

/**
 * Runs `kind` to its end; Ctrl-C stops the work itself, not only the waiting.
 *
 * @throws JobError when it fails or is stopped
 */
export async function runJob(
  client: NodeClient,
  kind: string,
  body: unknown,
  { terminal, signal }: Pick<Call, 'terminal' | 'signal'>,
): Promise<Job> {
  const started = await client.send<Job>('POST', `/jobs/${kind}`, body)
  const path = `/jobs/${started.id}`
  const stop = (): void => void client.send('DELETE', path).catch(() => undefined)
  signal.addEventListener('abort', stop, { once: true })
  const bar = progressBar(terminal)
  let last = started
  try {
    for await (const { data } of client.events(`${path}/events`, new AbortController().signal)) {
      last = data as unknown as Job
      if (last.progress && last.state === 'running') bar.show(last.progress)
    }
  } finally {
    bar.clear()
    signal.removeEventListener('abort', stop)
  }
  if (last.state === 'done') return last
  throw new JobError(last.error ?? 'The node stopped before it was done.')
}
