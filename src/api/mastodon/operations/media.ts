/** Files that belong to posts. */
import { mediaType } from '#api/local/media-type.ts'
import { uploadOf } from '#api/mastodon/entities/media.ts'
import { operation, type Call } from '#api/mastodon/operation.ts'
import { numberOf } from '#api/mastodon/paging.ts'
import { invalid, type Parameters } from '#api/mastodon/parameters.ts'
import { storeFile } from '#api/mastodon/store-file.ts'
import { notFound } from '#http/http-error.ts'
import type { UploadView } from '#social/app/uploads.ts'

const write = ['write:media']

export const mediaOperations = [
  operation('POST /api/v2/media', write, upload),
  operation('POST /api/v1/media', write, upload),
  operation('GET /api/v1/media/{id}', write, async (call) => uploadOf(call, await known(call))),
  operation('PUT /api/v1/media/{id}', write, async (call) => {
    const { app } = call.context.social
    const before = await known(call)
    await app.describeUpload(Number(before.id), { ...before, ...saidOf(call.params) })
    return uploadOf(call, await known(call))
  }),
  operation('DELETE /api/v1/media/{id}', write, async (call) => {
    await call.context.social.app.dropUpload(Number((await known(call)).id))
    return {}
  }),
]

async function upload(call: Call) {
  const { context, params } = call
  const file = params.file('file')
  if (!file) throw invalid('“file” is missing: send it as a part of multipart/form-data.')
  const type = mediaType(new Uint8Array(await file.slice(0, 16).arrayBuffer()))
  if (type === undefined)
    throw invalid('This is no picture, sound or film of a kind that can be shown.')
  const said = saidOf(params)
  const { hash, size } = await storeFile(context, file)
  const name = file.name.slice(0, 255).toWellFormed().replaceAll('\0', '')
  const added = await context.social.app.addUpload({
    hash: hash.toHex(),
    type,
    size,
    ...(name !== '' && { name }),
    ...said,
  })
  return uploadOf(call, added)
}

async function known({ context, path }: Call): Promise<UploadView> {
  const id = numberOf(path['id'])
  const found = id === undefined ? undefined : await context.social.app.upload(id)
  if (!found) throw notFound('Record not found')
  return found
}

function saidOf(params: Parameters): Pick<UploadView, 'description' | 'focus'> {
  const description = params.text('description', 2_000)
  const [x = NaN, y = NaN] = (params.text('focus') ?? '').split(',').map(Number)
  const inside = Math.abs(x) <= 1 && Math.abs(y) <= 1
  return { ...(description !== undefined && { description }), ...(inside && { focus: [x, y] }) }
}
