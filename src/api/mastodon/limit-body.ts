/** How much of a body is read. */
import type { Context } from 'hono'
import { HttpError } from '#http/http-error.ts'

/** What is still taken in of a body that is refused, so that the sender hears the answer. */
const MAX_DRAINED = 67_108_864

/** @throws HttpError 413 where more is announced; a body without a length breaks off when it becomes too long */
export async function limitBody(c: Context, most: number): Promise<void> {
  const { body } = c.req.raw
  if (!body) return
  const length = c.req.header('content-length')
  if (length === undefined) {
    if (c.req.header('transfer-encoding') === undefined) return
    const { url, method, headers } = c.req.raw
    const limited = body.pipeThrough(bounded(most))
    c.req.raw = new Request(url, { method, headers, body: limited, duplex: 'half' })
    return
  }
  if (Number(length) <= most) return
  let left = MAX_DRAINED
  for await (const chunk of body) if ((left -= chunk.byteLength) < 0) break
  throw new HttpError(413, 'too_large', `A request may have at most ${most} bytes.`)
}

function bounded(most: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = most
  return new TransformStream({
    transform(chunk, controller) {
      left -= chunk.byteLength
      if (left < 0) controller.error(new Error('The body is too long.'))
      else controller.enqueue(chunk)
    },
  })
}
