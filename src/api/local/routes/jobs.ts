import type { LocalContext } from '#api/local/context.ts'
import type { Job } from '#api/local/jobs.ts'
import { jobShape } from '#api/local/shapes.ts'
import { eventStream, type ServerEvent } from '#http/event-stream.ts'
import { notFound } from '#http/http-error.ts'
import { route } from '#http/route.ts'
import { list, object, optional, text } from '#http/shape.ts'

const to = route<LocalContext>()
const params = { job: text({ max: 20 }) }
const archive = object({
  path: text({
    min: 1,
    max: 4_096,
    pattern: /^(?:\/|[A-Za-z]:\\)/,
    help: 'an absolute path on the node’s machine',
  }),
  network: optional(text({ min: 1, max: 100 })),
})

/** Long works: start, watch, stop. */
export const jobRoutes = [
  ...(['import', 'export'] as const).map((kind) =>
    to({
      method: 'post',
      path: `/jobs/${kind}`,
      summary: kind === 'import' ? 'Read an archive of a network' : 'Write an archive of a network',
      body: archive,
      answer: jobShape,
      status: 202,
      run: async ({ jobs, works }, { body }) => jobs.start(kind, works[kind]({ ...body })),
    }),
  ),
  ...(['verify', 'reindex'] as const).map((kind) =>
    to({
      method: 'post',
      path: `/jobs/${kind}`,
      summary: kind === 'verify' ? 'Check everything that is stored' : 'Build every index anew',
      answer: jobShape,
      status: 202,
      run: async ({ jobs, works }) => jobs.start(kind, works[kind]({})),
    }),
  ),
  to({
    method: 'get',
    path: '/jobs',
    summary: 'Long works, newest first',
    answer: object({ items: list(jobShape) }),
    run: async ({ jobs }) => ({ items: jobs.list() }),
  }),
  to({
    method: 'get',
    path: '/jobs/{job}',
    summary: 'A long work',
    params,
    answer: jobShape,
    run: async (context, call) => jobOf(context, call.params.job),
  }),
  to({
    method: 'delete',
    path: '/jobs/{job}',
    summary: 'Stop a long work',
    params,
    async run(context, call) {
      jobOf(context, call.params.job)
      context.jobs.cancel(call.params.job)
    },
  }),
  to({
    method: 'get',
    path: '/jobs/{job}/events',
    summary: 'Each state of a long work, as server-sent events “job”, until it has ended',
    params,
    answer: 'events',
    async run(context, call) {
      jobOf(context, call.params.job)
      return eventStream((signal) => states(context, call.params.job, signal), context)
    },
  }),
]

async function* states(
  { jobs }: LocalContext,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for await (const job of jobs.watch(id, signal)) yield { event: 'job', data: job }
}

function jobOf({ jobs }: LocalContext, id: string): Job {
  const job = jobs.get(id)
  if (!job) throw notFound(`There is no job “${id}”.`)
  return job
}
