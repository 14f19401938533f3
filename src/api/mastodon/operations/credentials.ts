/** Apps and the person who uses them. */
import { mediaType } from '#api/local/media-type.ts'
import { namesOf } from '#api/local/blob-names.ts'
import { accountOf, credentialsOf } from '#api/mastodon/entities/account.ts'
import { operation, type Call } from '#api/mastodon/operation.ts'
import { invalid } from '#api/mastodon/parameters.ts'
import { storeFile } from '#api/mastodon/store-file.ts'
import { applicationOf, registerApp } from '#api/oauth/apps.ts'

export const credentialOperations = [
  operation('POST /api/v1/apps', 'anybody', async ({ context, params }) =>
    registerApp({ ...context, me: () => context.social.me() }, params),
  ),
  operation('GET /api/v1/apps/verify_credentials', 'token', async ({ held }) =>
    held ? applicationOf(held.app) : undefined,
  ),
  operation('GET /oauth/userinfo', ['profile', 'read:accounts'], async (call) => {
    const { id, display_name, username, url, avatar } = await credentials(call)
    const iss = `${call.origin}/`
    return {
      iss,
      sub: id,
      name: display_name,
      preferred_username: username,
      profile: url,
      picture: avatar,
    }
  }),
  operation('GET /api/v1/accounts/verify_credentials', ['profile', 'read:accounts'], credentials),
  operation('PATCH /api/v1/accounts/update_credentials', ['write:accounts'], async (call) => {
    const { context, params } = call
    const name = params.text('display_name', 200)?.trim()
    const about = params.text('note', 5_000)
    const avatar = await avatarOf(call)
    if (name === '') throw invalid('A name cannot be taken away, only changed.')
    const said = {
      ...(name !== undefined && { name }),
      ...(about !== undefined && { about }),
      ...(avatar && { avatar }),
    }
    if (Object.keys(said).length > 0) await context.social.describe(said)
    return await credentials(call)
  }),
  operation('GET /api/v1/preferences', ['read:accounts'], async () => ({
    'posting:default:visibility': 'public',
    'posting:default:sensitive': false,
    'posting:default:language': null,
    'posting:default:quote_policy': 'nobody',
    'reading:expand:media': 'default',
    'reading:expand:spoilers': false,
    'reading:autoplay:gifs': false,
  })),
]

async function credentials({ context, origin }: Call) {
  const me = await context.social.me()
  const id = Number(me.id)
  const numbers = await context.social.app.numbers([id], true)
  return credentialsOf(accountOf({ context, origin }, me, numbers.get(id)), me)
}

async function avatarOf({ context, params }: Call) {
  const file = params.file('avatar')
  if (!file) return undefined
  const head = new Uint8Array(await file.slice(0, 16).arrayBuffer())
  if (!mediaType(head)?.startsWith('image/')) throw invalid('The avatar is no picture.')
  const { hash } = await storeFile(context, file)
  return namesOf(context.networks, hash)[0]
}
