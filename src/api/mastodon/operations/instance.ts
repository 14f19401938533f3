/** What the node says of itself. */
import type { ClientContext } from '#api/mastodon/context.ts'
import { operation, type Call } from '#api/mastodon/operation.ts'
import { notFound } from '#http/http-error.ts'

/** What of Mastodon this node can do, by which apps choose what they show. */
const compatible = { version: '4.3.0', api: 2 } as const

const types = [
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'audio/mpeg',
  'audio/ogg',
  'audio/flac',
  'audio/wav',
  'audio/mp4',
  'video/mp4',
  'video/webm',
]

export const instanceOperations = [
  operation('GET /api/v2/instance', 'anybody', async (call) => instance(call)),
  operation('GET /api/v1/instance', 'anybody', async (call) => oldInstance(call)),
  operation('GET /api/v1/instance/peers', 'anybody', async () => []),
  operation('GET /api/v1/instance/activity', 'anybody', async () => []),
  operation('GET /api/v1/instance/rules', 'anybody', async () => []),
  operation('GET /api/v1/instance/domain_blocks', 'anybody', async () => []),
  operation('GET /api/v1/instance/translation_languages', 'anybody', async () => ({})),
  operation('GET /api/v1/instance/extended_description', 'anybody', async () => ({
    updated_at: new Date(0).toISOString(),
    content: `<p>${description}</p>`,
  })),
  operation('GET /api/v1/instance/privacy_policy', 'anybody', async () => ({
    updated_at: new Date(0).toISOString(),
    content:
      '<p>Everything that this node knows is on the machine of its person, and goes nowhere else.</p>',
  })),
  operation('GET /api/v1/instance/terms_of_service', 'anybody', async () => {
    throw notFound('This node has no terms of service: it serves one person.')
  }),
  operation('GET /health', 'anybody', async () => new Response('OK')),
]

const description = 'A node of one person, for every open social network.'

async function instance({ context, origin }: Call) {
  const { host } = new URL(origin)
  return {
    domain: host,
    title: 'MetaLife',
    version: versionOf(context),
    source_url: `${origin}/`,
    description,
    usage: { users: { active_month: 1 } },
    thumbnail: { url: `${origin}/page/icon.svg` },
    icon: [],
    languages: [],
    configuration: {
      ...configuration(context),
      urls: {
        streaming: origin.replace(/^http/, 'ws'),
        about: null,
        privacy_policy: null,
        terms_of_service: null,
        status: null,
      },
      vapid: { public_key: '' },
      translation: { enabled: false },
      limited_federation: true,
      timelines_access: {
        live_feeds: { local: 'authenticated', remote: 'authenticated' },
        hashtag_feeds: { local: 'authenticated', remote: 'authenticated' },
        trending_link_feeds: { local: 'authenticated', remote: 'disabled' },
      },
    },
    registrations: {
      enabled: false,
      approval_required: false,
      reason_required: false,
      message: null,
      min_age: null,
      url: null,
    },
    api_versions: { mastodon: compatible.api },
    contact: { email: '', account: null },
    rules: [],
  }
}

async function oldInstance({ context, origin }: Call) {
  return {
    uri: new URL(origin).host,
    title: 'MetaLife',
    short_description: description,
    description,
    email: '',
    version: versionOf(context),
    urls: { streaming_api: origin.replace(/^http/, 'ws') },
    stats: { user_count: 1, status_count: 0, domain_count: context.networks.length },
    thumbnail: `${origin}/page/icon.svg`,
    languages: [],
    registrations: false,
    approval_required: false,
    invites_enabled: false,
    configuration: configuration(context),
    contact_account: null,
    rules: [],
  }
}

function versionOf({ version }: ClientContext): string {
  return `${compatible.version} (compatible; MetaLife ${version})`
}

/** Limits, those of the most able network where they differ. */
function configuration({ networks }: ClientContext) {
  const most = (name: 'maxText' | 'maxBlob'): number =>
    Math.max(0, ...networks.map(({ abilities }) => abilities[name]))
  return {
    accounts: {
      max_featured_tags: 0,
      max_pinned_statuses: 0,
      max_display_name_length: 200,
      max_note_length: 5_000,
      max_profile_fields: 0,
    },
    statuses: {
      max_characters: most('maxText'),
      max_media_attachments: 20,
      characters_reserved_per_url: 23,
      supported_mime_types: ['text/markdown', 'text/plain'],
    },
    media_attachments: {
      supported_mime_types: types,
      description_limit: 2_000,
      image_size_limit: most('maxBlob'),
      image_matrix_limit: 33_177_600,
      video_size_limit: most('maxBlob'),
      video_frame_rate_limit: 120,
      video_matrix_limit: 8_294_400,
    },
    polls: { max_options: 0, max_characters_per_option: 0, min_expiration: 0, max_expiration: 0 },
  }
}
