import { Readable } from 'node:stream'
import { hashOf, namesOf } from '#api/local/blob-names.ts'
import type { LocalContext } from '#api/local/context.ts'
import { mediaType } from '#api/local/media-type.ts'
import { refShape } from '#api/local/shapes.ts'
import { badRequest, HttpError, notFound } from '#http/http-error.ts'
import { route } from '#http/route.ts'
import { foreignPolicy } from '#http/security.ts'
import { integer, list, object, text } from '#http/shape.ts'

const to = route<LocalContext>()

/** Files: stored by their hash, served so that nothing in them runs. */
export const blobRoutes = [
  to({
    method: 'post',
    path: '/blobs',
    summary: 'Store a file; the answer has its names',
    body: 'bytes',
    answer: object({ hash: text(), size: integer(), names: list(refShape) }),
    status: 201,
    async run(context, { request }) {
      const { hash, size } = await store(context, request)
      return { hash: hash.toHex(), size, names: namesOf(context.networks, hash) }
    },
  }),
  to({
    method: 'get',
    path: '/blobs/{blob}',
    summary: 'A file, whole or a range of its bytes',
    params: { blob: text({ min: 1, max: 1_000 }) },
    answer: 'bytes',
    run: (context, { params, request }) => serveBlob(context, params.blob, request),
  }),
]

async function store({ networks, blobs }: LocalContext, request: Request) {
  const limit = Math.max(0, ...networks.map(({ abilities }) => abilities.maxBlob))
  const tooBig = new HttpError(413, 'too_large', `A file may have at most ${limit} bytes.`)
  if (Number(request.headers.get('content-length') ?? 0) > limit) throw tooBig
  const source = request.body ?? new Blob([]).stream()
  try {
    return await blobs.put(source, { limit })
  } catch (error) {
    if (error instanceof Error && error.name === 'BlobTooLargeError') throw tooBig
    throw error
  }
}

/** A stored file or a range of it, with headers that let nothing in it run. */
export async function serveBlob(
  { networks, blobs }: Pick<LocalContext, 'networks' | 'blobs'>,
  name: string,
  request: Request,
): Promise<Response> {
  const hash = hashOf(networks, name)
  if (!hash) throw badRequest('That is no name of a blob.')
  const size = await blobs.size(hash)
  if (size === undefined) throw notFound('This blob is not here.')
  const head = await bytesOf(await blobs.open(hash, { start: 0, end: Math.min(16, size) }))
  const type = mediaType(head)
  const headers = new Headers({
    'content-type': type ?? 'application/octet-stream',
    'content-disposition': type === undefined ? 'attachment' : 'inline',
    'content-security-policy': foreignPolicy,
    'cache-control': 'private, max-age=31536000, immutable',
    'accept-ranges': 'bytes',
    etag: `"${hash.toHex()}"`,
  })
  if (request.headers.get('if-none-match') === headers.get('etag')) {
    return new Response(null, { status: 304, headers })
  }
  const range = rangeOf(request.headers.get('range'), size)
  const { start, end } = range ?? { start: 0, end: size }
  headers.set('content-length', String(end - start))
  if (range) headers.set('content-range', `bytes ${start}-${end - 1}/${size}`)
  const stream = await blobs.open(hash, { start, end })
  if (!stream) throw notFound('This blob is not here.')
  const body = Readable.toWeb(Readable.from(stream)) as ReadableStream<Uint8Array>
  return new Response(body, { status: range ? 206 : 200, headers })
}

/** One range of bytes (RFC 9110, section 14.2); undefined where the whole is to be sent. */
function rangeOf(
  header: string | null,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? []
  if (from === '' && to === '') return undefined
  const start = from === '' ? Math.max(0, size - Number(to)) : Number(from)
  const end = from === '' || to === '' ? size : Math.min(size, Number(to) + 1)
  if (start >= end) throw new HttpError(416, 'wrong_range', `The blob has ${size} bytes.`)
  return { start, end }
}

async function bytesOf(source: AsyncIterable<Uint8Array> | undefined): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source ?? []) chunks.push(chunk)
  return Buffer.concat(chunks)
}
