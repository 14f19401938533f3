import type { ClientContext } from '#api/mastodon/context.ts'
import { invalid } from '#api/mastodon/parameters.ts'

/** Stores the bytes of an upload. @throws HttpError 422 for what no network takes */
export async function storeFile({ networks, blobs }: ClientContext, file: File) {
  const limit = Math.max(0, ...networks.map(({ abilities }) => abilities.maxBlob))
  if (file.size === 0) throw invalid('The file is empty.')
  if (file.size > limit) throw invalid(`The file has more than ${limit} bytes.`)
  return await blobs.put(file.stream(), { limit })
}
