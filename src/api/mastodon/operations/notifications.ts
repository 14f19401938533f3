/** Notifications, one by one and in groups; every group here has one member. */
import { notificationTypes } from '#api/mastodon/entities/entities.ts'
import { operation, type Call } from '#api/mastodon/operation.ts'
import { numberOf, paged, windowOf } from '#api/mastodon/paging.ts'
import { notFound } from '#http/http-error.ts'
import type {
  NotificationFilter,
  NotificationKind,
  NotificationView,
} from '#social/app/notifications.ts'

const read = ['read:notifications']
const write = ['write:notifications']

const policy = {
  for_not_following: 'accept',
  for_not_followers: 'accept',
  for_new_accounts: 'accept',
  for_private_mentions: 'accept',
  for_limited_accounts: 'accept',
  summary: { pending_requests_count: 0, pending_notifications_count: 0 },
} as const

export const notificationOperations = [
  operation('GET /api/v1/notifications', read, async (call) => {
    const { items, ...ends } = await listed(call)
    return paged(call, await call.show.notifications(items), ends)
  }),
  operation('GET /api/v1/notifications/unread_count', read, unreadCount),
  operation(
    'GET /api/v1/notifications/{id}',
    read,
    async (call) =>
      (await call.show.notifications([await notificationOf(call, call.path['id'])]))[0],
  ),
  operation('POST /api/v1/notifications/clear', write, async ({ context }) => {
    await context.social.app.dismissNotification('all')
    return {}
  }),
  operation('POST /api/v1/notifications/{id}/dismiss', write, async (call) => {
    const { id } = await notificationOf(call, call.path['id'])
    await call.context.social.app.dismissNotification(Number(id))
    return {}
  }),
  operation('GET /api/v1/notifications/requests', read, async () => []),
  operation('GET /api/v1/notifications/requests/merged', read, async () => ({ merged: true })),
  operation('GET /api/v2/notifications', read, async (call) => {
    const { items, ...ends } = await listed(call)
    const answer = paged(call, [], ends)
    return Response.json(await grouped(call, items), { headers: answer.headers })
  }),
  operation('GET /api/v2/notifications/unread_count', read, unreadCount),
  operation('GET /api/v2/notifications/policy', read, async () => policy),
  operation('GET /api/v2/notifications/{group_key}', read, async (call) =>
    grouped(call, [await ofGroup(call)]),
  ),
  operation('GET /api/v2/notifications/{group_key}/accounts', write, async (call) =>
    call.show.accounts([(await ofGroup(call)).person]),
  ),
  operation('POST /api/v2/notifications/{group_key}/dismiss', write, async (call) => {
    await call.context.social.app.dismissNotification(Number((await ofGroup(call)).id))
    return {}
  }),
]

async function listed(call: Call) {
  return await call.context.social.app.notifications(windowOf(call, 40, 80), filterOf(call))
}

function filterOf({ params }: Call): NotificationFilter {
  const wanted = params.texts('types') ?? []
  const unwanted = params.texts('exclude_types') ?? []
  const kinds = (Object.keys(notificationTypes) as NotificationKind[]).filter((kind) => {
    const type = notificationTypes[kind]
    return (wanted.length === 0 || wanted.includes(type)) && !unwanted.includes(type)
  })
  const account = params.text('account_id')
  return {
    kinds,
    ...(account !== undefined && account !== '' && { from: numberOf(account) ?? -1 }),
  }
}

async function unreadCount(call: Call) {
  const { app } = call.context.social
  const limit = call.params.integer('limit', 1, 1000) ?? 100
  const [marker] = await app.markers(['notifications'])
  const after = Number(marker?.lastId ?? 0)
  return { count: await app.countNotifications(after, limit, filterOf(call)) }
}

async function notificationOf(
  { context }: Call,
  text: string | undefined,
): Promise<NotificationView> {
  const id = numberOf(text)
  const found =
    id === undefined ? [] : (await context.social.app.notifications({ limit: 1 }, { id })).items
  const [notification] = found
  if (!notification) throw notFound('Record not found')
  return notification
}

async function ofGroup(call: Call): Promise<NotificationView> {
  return await notificationOf(
    call,
    /^ungrouped-(\d{1,16})$/.exec(call.path['group_key'] ?? '')?.[1],
  )
}

async function grouped({ show }: Call, views: readonly NotificationView[]) {
  const notifications = await show.notifications(views)
  const accounts = new Map(notifications.map(({ account }) => [account.id, account]))
  const statuses = new Map(
    notifications.flatMap(({ status }) => (status ? [[status.id, status]] : [])),
  )
  return {
    accounts: [...accounts.values()],
    statuses: [...statuses.values()],
    notification_groups: notifications.map(
      ({ id, type, group_key, created_at, account, status }) => ({
        group_key,
        notifications_count: 1,
        type,
        most_recent_notification_id: Number(id),
        page_min_id: id,
        page_max_id: id,
        latest_page_notification_at: created_at,
        sample_account_ids: [account.id],
        ...(status && { status_id: status.id }),
      }),
    ),
  }
}
