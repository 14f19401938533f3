import type { LocalContext } from '#api/local/context.ts'
import { eventStream, type ServerEvent } from '#http/event-stream.ts'
import { route } from '#http/route.ts'

const to = route<LocalContext>()

/** What changes, as it is committed. */
export const eventRoutes = [
  to({
    method: 'get',
    path: '/events',
    summary: 'Changes as server-sent events “change”; readers ask again for what they show',
    answer: 'events',
    run: async (context) => eventStream((signal) => changes(context, signal), context),
  }),
]

async function* changes(
  { social }: LocalContext,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent> {
  for await (const change of social.changes(signal)) yield { event: 'change', data: change }
}
