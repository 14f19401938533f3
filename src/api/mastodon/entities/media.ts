/** MediaAttachment. */
import { mediaType } from '#api/local/media-type.ts'
import type { ClientContext } from '#api/mastodon/context.ts'
import { mediaUrl } from '#api/mastodon/entities/account.ts'
import { mediaAddress } from '#api/mastodon/media-address.ts'
import type { Attachment } from '#model/content.ts'
import type { UploadView } from '#social/app/uploads.ts'

type Place = { readonly context: ClientContext; readonly origin: string }

/** A file that is not part of a post yet. */
export function uploadOf({ context, origin }: Place, upload: UploadView) {
  const url = mediaAddress(context.mediaKey, origin, upload.hash)
  const [x, y] = upload.focus ?? []
  return {
    ...shown(upload.id, upload.type, url, upload.description),
    ...(x !== undefined && y !== undefined && { meta: { focus: { x, y } } }),
  }
}

/** A file of a post: its id is that of the post with two more digits. */
export async function attachmentOf(place: Place, post: string, index: number, file: Attachment) {
  const url = mediaUrl(place, file.ref) ?? null
  const type = file.type ?? (await storedType(place.context, file))
  return shown(`${post}${String(index).padStart(2, '0')}`, type, url, file.description ?? file.name)
}

function shown(id: string, type: string | undefined, url: string | null, description?: string) {
  const [kind = ''] = (type ?? '').split('/', 1)
  return {
    id,
    type: ['image', 'audio', 'video'].includes(kind) ? kind : 'unknown',
    url,
    preview_url: kind === 'image' ? url : null,
    remote_url: null,
    meta: {},
    description: description || null,
    blurhash: null,
  }
}

const maxKnown = 10_000
const known = new WeakMap<ClientContext, Map<string, string | undefined>>()

/** What the first bytes say, where the file is here. */
async function storedType(
  context: ClientContext,
  { ref }: Attachment,
): Promise<string | undefined> {
  const network = context.networks.find(({ name }) => name === ref.network)
  const hash = network?.blobHash?.(ref.id)
  if (!hash) return undefined
  const types = known.get(context) ?? new Map<string, string | undefined>()
  known.set(context, types)
  const key = hash.toHex()
  if (types.has(key)) return types.get(key)
  const size = await context.blobs.size(hash)
  if (size === undefined) return undefined
  const chunks: Uint8Array[] = []
  for await (const chunk of (await context.blobs.open(hash, { end: Math.min(16, size) })) ?? [])
    chunks.push(chunk)
  const type = mediaType(Buffer.concat(chunks))
  if (types.size < maxKnown) types.set(key, type)
  return type
}
