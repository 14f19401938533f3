import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { openClientApp } from '#rig/client-app.ts'
import { startTestNode, temporaryHome } from '#rig/node.ts'
import { twoPeople, type TwoPeople } from '#rig/two-people.ts'

type Told = { readonly stream: readonly string[]; readonly event: string; readonly payload: string }

let people: TwoPeople
before(async () => {
  people = await twoPeople()
})
after(() => people[Symbol.asyncDispose]())

/** A WebSocket whose texts can be awaited. */
async function listen(query: string, token = people.app.token) {
  const url = people.alice.node.url.replace('http', 'ws')
  const socket = new WebSocket(`${url}/api/v1/streaming?access_token=${token}&${query}`)
  const told: Told[] = []
  let wake = (): void => {}
  socket.addEventListener('message', ({ data }) => {
    told.push(JSON.parse(String(data)) as Told)
    wake()
  })
  await once(socket, 'open')
  return {
    socket,
    told,
    async until(holds: (one: Told) => boolean): Promise<Told> {
      for (;;) {
        const found = told.find(holds)
        if (found) return found
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async close(): Promise<void> {
      socket.close()
      await once(socket, 'close')
    },
  }
}

/** Events of a stream as they come. */
async function* events(path: string): AsyncGenerator<{ event: string; data: string }> {
  const stop = new AbortController()
  const answer = await fetch(people.alice.node.url + path, {
    headers: { authorization: `Bearer ${people.app.token}`, origin: 'https://app.example' },
    signal: stop.signal,
  })
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  assert.equal(answer.headers.get('access-control-allow-origin'), '*')
  let text = ''
  try {
    for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
      text += chunk
      const parts = text.split('\n\n')
      text = parts.pop() ?? ''
      for (const part of parts) {
        const [, event, data] = /^event: (.+)\ndata: (.+)$/.exec(part) ?? []
        if (event !== undefined && data !== undefined) yield { event, data }
        else yield { event: '', data: part }
      }
    }
  } finally {
    stop.abort()
  }
}

test('what is written is told as server-sent events', async () => {
  const stream = events('/api/v1/streaming/user')
  await stream.next()
  await people.app.json('POST', '/api/v1/statuses', { status: 'live one' })
  const { value } = await stream.next()
  assert.equal(value?.event, 'update')
  assert.match((JSON.parse(value?.data ?? '{}') as { content: string }).content, /live one/)
  await stream.return(undefined)
})

test('posts, notifications and conversations come over one WebSocket, each with its stream', async () => {
  const live = await listen('stream=user')
  live.socket.send(JSON.stringify({ type: 'subscribe', stream: 'hashtag', tag: 'Live' }))
  live.socket.send('no JSON')
  const { client } = people.bob
  const me = (await people.alice.client.get<{ ref: { id: string } }>('/me')).ref.id
  await people.app.json('POST', '/api/v1/statuses', { status: 'about #live' })
  await live.until(({ event, stream }) => event === 'update' && stream[0] === 'user')
  const tagged = await live.until(({ stream }) => stream[0] === 'hashtag')
  assert.deepEqual(tagged.stream, ['hashtag', 'live'])
  await client.send('POST', '/posts', { text: `news for [@alice](${me})` })
  const update = await live.until(
    ({ event, payload }) => event === 'update' && payload.includes('news for'),
  )
  assert.deepEqual(update.stream, ['user'])
  const told = await live.until(
    ({ event, payload }) => event === 'notification' && payload.includes('news for'),
  )
  assert.equal((JSON.parse(told.payload) as { type: string }).type, 'mention')
  await client.send('POST', '/messages', { to: [me], text: 'between us' })
  const talk = await live.until(
    ({ event, payload }) => event === 'conversation' && payload.includes('between us'),
  )
  assert.deepEqual(talk.stream, ['user'])
  assert.ok(
    !live.told.some(({ event, payload }) => event === 'update' && payload.includes('between us')),
  )
  await live.close()
})

test('a private message is in no public stream, and a token hears only what its scopes say', async () => {
  const open = await listen('stream=public')
  const narrow = await openClientApp(people.alice.node, 'read:statuses')
  const half = await listen('stream=user', narrow.token)
  const me = (await people.alice.client.get<{ ref: { id: string } }>('/me')).ref.id
  await people.bob.client.send('POST', '/messages', { to: [me], text: 'hidden words' })
  await people.bob.client.send('POST', '/posts', { text: `[@alice](${me}) the end` })
  await open.until(({ payload }) => payload.includes('the end'))
  await half.until(({ event, payload }) => event === 'update' && payload.includes('the end'))
  assert.ok(!open.told.some(({ payload }) => payload.includes('hidden words')))
  // One after the other from one hub: the notification would have been there before the next post.
  await people.app.json('POST', '/api/v1/statuses', { status: 'afterwards' })
  await half.until(({ payload }) => payload.includes('afterwards'))
  assert.ok(!half.told.some(({ event }) => event === 'notification'))
  await open.close()
  await half.close()
})

test('without a good token, or elsewhere, no WebSocket is opened', async () => {
  const url = people.alice.node.url.replace('http', 'ws')
  for (const path of [
    '/api/v1/streaming',
    '/api/v1/streaming?access_token=x&stream=user',
    '/elsewhere',
  ]) {
    const socket = new WebSocket(url + path)
    await once(socket, 'error')
    assert.notEqual(socket.readyState, WebSocket.OPEN)
  }
})

test('what is no WebSocket frame ends the connection and nothing else', async () => {
  const { hostname, port } = new URL(people.alice.node.url)
  const frames = [
    Buffer.from([0x81, 0x02, 0x61, 0x62]), // not masked
    Buffer.from([0xf1, 0x80, 0, 0, 0, 0]), // reserved bits
    Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]), // too long
    Buffer.from([0x80, 0x80, 0, 0, 0, 0]), // goes on with nothing
    Buffer.from([0x82, 0x80, 0, 0, 0, 0]), // not text
  ]
  for (const frame of frames) {
    const socket = connect(Number(port), hostname)
    const head = [
      'GET /api/v1/streaming HTTP/1.1',
      'Host: localhost',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
      `Authorization: Bearer ${people.app.token}`,
    ]
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    await once(socket, 'data')
    socket.write(frame)
    socket.resume()
    await once(socket, 'close')
  }
  assert.equal((await people.app.ask('GET', '/api/v1/preferences')).status, 200)
})

test('a node that stops ends its streams', async () => {
  await using home = await temporaryHome()
  const node = await startTestNode(home)
  const app = await openClientApp(node.node)
  const socket = new WebSocket(
    `${node.node.url.replace('http', 'ws')}/api/v1/streaming?stream=user`,
    [app.token],
  )
  await once(socket, 'open')
  const closed = once(socket, 'close')
  await node[Symbol.asyncDispose]()
  await closed
})
