/** Two nodes that know each other: what one does is with the other in seconds. */
import type { Published } from '#social/social.ts'
import { openClientApp, type ClientApp } from '#rig/client-app.ts'
import { startTestNode, temporaryHome, type TestNode } from '#rig/node.ts'

/** Alice has an app; Bob wrote to her, liked, answered and follows her. */
export interface TwoPeople extends AsyncDisposable {
  readonly alice: TestNode
  readonly bob: TestNode
  readonly app: ClientApp
  /** Ids at Alice's node. */
  readonly ids: {
    readonly post: string
    readonly answer: string
    readonly message: string
    readonly bob: string
    readonly alice: string
  }
}

type Status = { readonly id: string; readonly content: string; readonly uri: string }

/** Builds the scene. */
export async function twoPeople(): Promise<TwoPeople> {
  await using open = new AsyncDisposableStack()
  const alice = open.use(await startTestNode(open.use(await temporaryHome())))
  const bob = open.use(await startTestNode(open.use(await temporaryHome())))
  const me = async (node: TestNode) =>
    (await node.client.get<{ ref: { id: string } }>('/me')).ref.id
  const [a, b] = [await me(alice), await me(bob)]
  for (const [node, other, name] of [
    [alice, b, 'Alice Example'],
    [bob, a, 'Bob'],
  ] as const) {
    await node.client.send('PUT', '/me', { name, about: `I am *${name}*.` })
    await node.client.send('PUT', `/people/${encodeURIComponent(other)}/follow`, { on: true })
  }
  const app = await openClientApp(alice.node)
  const { id: post } = await app.json<Status>('POST', '/api/v1/statuses', {
    status: 'First post #Welcome',
  })
  const name = await nativeName(alice, post)
  await bob.client.send('POST', '/join', { text: alice.address })
  await bob.until(
    'Bob has the post',
    async () => (await bob.client.get<{ items: unknown[] }>('/timelines/home')).items.length > 0,
  )
  await bob.client.send<Published>('POST', '/posts', {
    text: `Hello [@Alice](${a})`,
    replyTo: name,
  })
  await bob.client.send('POST', `/posts/${encodeURIComponent(name)}/reactions`, {
    emoji: '❤',
    on: true,
  })
  await bob.client.send('POST', '/messages', { to: [a], text: 'psst, a secret' })
  const notifications = () =>
    app.json<readonly { type: string; status: Status | null; account: { id: string } }[]>(
      'GET',
      '/api/v1/notifications',
    )
  await alice.until('Alice was told', async () => (await notifications()).length === 4)
  const told = await notifications()
  const [message, answer] = ['secret', 'Hello'].map(
    (word) => told.find(({ status }) => status?.content.includes(word))?.status?.id ?? '',
  )
  const own = await app.json<{ id: string }>('GET', '/api/v1/accounts/verify_credentials')
  const parts = open.move()
  return {
    alice,
    bob,
    app,
    ids: {
      post,
      answer: answer ?? '',
      message: message ?? '',
      bob: told[0]?.account.id ?? '',
      alice: own.id,
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  }
}

async function nativeName(node: TestNode, id: string): Promise<string> {
  const { root } = await node.client.get<{ root: { ref: { id: string } } }>(`/posts/${id}/thread`)
  return root.ref.id
}
