import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventStream, type ServerEvent } from '#http/event-stream.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

async function nextText(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const { value, done } = await reader.read()
  return done ? 'END' : new TextDecoder().decode(value)
}

test('sends events one after the other and ends with the source', async () => {
  const clock = virtualClock()
  async function* source(): AsyncGenerator<ServerEvent> {
    yield { event: 'a', data: { n: 1 } }
    yield { event: 'b', data: 'two\nlines' }
  }
  const answer = eventStream(source, { clock, signal: new AbortController().signal })
  assert.equal(
    await answer.text(),
    'retry: 2000\n\nevent: a\ndata: {"n":1}\n\nevent: b\ndata: "two\\nlines"\n\n',
  )
  assert.equal(clock.pending, 0)
})

test('asks the source only as fast as the reader reads', async () => {
  let asked = 0
  async function* source(): AsyncGenerator<ServerEvent> {
    for (;;) yield { event: 'n', data: ++asked }
  }
  const clock = virtualClock()
  const answer = eventStream(source, { clock, signal: new AbortController().signal })
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  await nextText(reader)
  await clock.advance(0)
  assert.ok(asked <= 3, `asked ${asked} times`)
  await reader.cancel()
  assert.equal(clock.pending, 0)
})

test('keeps a quiet stream open with a heartbeat, and ends with the node', async () => {
  const clock = virtualClock()
  const stop = new AbortController()
  let ended = false
  const answer = eventStream(
    // oxlint-disable-next-line require-yield -- nothing happens until the end
    async function* (signal) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
      ended = true
    },
    { clock, signal: stop.signal, heartbeat: 1_000 },
  )
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  assert.equal(await nextText(reader), 'retry: 2000\n\n')
  await clock.advance(1_000)
  assert.equal(await nextText(reader), ':\n\n')
  stop.abort(new Error('stop'))
  assert.equal(await nextText(reader), 'END')
  assert.equal(ended, true)
  assert.equal(clock.pending, 0)
})

test('a reader that goes away ends the source', async () => {
  const clock = virtualClock()
  let gone: AbortSignal | undefined
  const answer = eventStream(
    // oxlint-disable-next-line require-yield -- nothing happens until the end
    async function* (signal) {
      gone = signal
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
    },
    { clock, signal: new AbortController().signal },
  )
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader()
  await nextText(reader)
  await reader.cancel()
  assert.equal(gone?.aborted, true)
  assert.equal(clock.pending, 0)
})
