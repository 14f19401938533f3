import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page, Post, Published } from '#node/answers.ts'
import { startTestNode, temporaryHome, type TestNode } from '#rig/node.ts'

async function texts({ client }: TestNode): Promise<readonly string[]> {
  const page = await client.get<Page<Post>>('/timelines/home')
  return page.items.map(({ content }) => content.text.body)
}

async function idOf({ client }: TestNode): Promise<string> {
  return (await client.get<{ ref: { id: string } }>('/me')).ref.id
}

test('two nodes on one machine connect, follow, and show each other’s posts within two seconds', async () => {
  await using homeA = await temporaryHome()
  await using homeB = await temporaryHome()
  await using a = await startTestNode(homeA)
  await using b = await startTestNode(homeB)
  await a.client.send('POST', '/posts', { text: 'Written before we met' })
  await b.client.send('PUT', `/people/${encodeURIComponent(await idOf(a))}/follow`, { on: true })
  await a.client.send('PUT', `/people/${encodeURIComponent(await idOf(b))}/follow`, { on: true })

  const start = performance.now()
  await b.client.send('POST', '/join', { text: a.address })
  await b.until('the earlier post of A is on B', async () =>
    (await texts(b)).includes('Written before we met'),
  )
  const met = performance.now() - start

  const asked = performance.now()
  const { deliveries } = await a.client.send<Published>('POST', '/posts', { text: 'Hello B' })
  await b.until('the post of A is on B', async () => (await texts(b)).includes('Hello B'))
  await b.client.send('POST', '/posts', { text: 'Hello A', replyTo: deliveries[0]?.ref?.id })
  await a.until('the reply of B is on A', async () => (await texts(a)).includes('Hello A'))
  const answered = performance.now() - asked

  assert.ok(met < 2_000, `meeting took ${Math.round(met)} ms`)
  assert.ok(answered < 2_000, `post and reply took ${Math.round(answered)} ms`)
})
