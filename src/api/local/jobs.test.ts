import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openJobs, type Job } from '#api/local/jobs.ts'
import { HttpError } from '#http/http-error.ts'
import { virtualClock } from '#rig/virtual-clock.ts'

const never = new AbortController().signal

async function states(watched: AsyncIterable<Job>): Promise<readonly string[]> {
  const seen: string[] = []
  for await (const { state, progress } of watched)
    seen.push(progress ? `${state} ${progress.done}` : state)
  return seen
}

test('a watcher sees each state until the end, and the result stays', async () => {
  await using jobs = openJobs(virtualClock(), () => undefined)
  const go = Promise.withResolvers<void>()
  const job = jobs.start('verify', async (report) => {
    report({ what: 'records', done: 1, total: 2 })
    await go.promise
    report({ what: 'records', done: 2, total: 2 })
    return { records: 2 }
  })
  const seen = states(jobs.watch(job.id, never))
  await new Promise((resolve) => setImmediate(resolve))
  go.resolve()
  assert.deepEqual((await seen).at(-1), 'done 2')
  assert.deepEqual(jobs.get(job.id)?.result, { records: 2 })
})

test('one work at a time', async () => {
  await using jobs = openJobs(virtualClock(), () => undefined)
  const go = Promise.withResolvers<void>()
  const { id } = jobs.start('import', () => go.promise.then(() => null))
  assert.throws(
    () => jobs.start('export', async () => null),
    (error) => error instanceof HttpError && error.status === 409,
  )
  go.resolve()
  await states(jobs.watch(id, never))
  await new Promise((resolve) => setImmediate(resolve))
  jobs.start('export', async () => null)
})

test('a failure is told to the log and to people; a stop is no failure', async () => {
  const told: unknown[] = []
  await using jobs = openJobs(virtualClock(), (kind) => told.push(kind))
  const failing = jobs.start('verify', async () => {
    throw new Error('the disk is gone')
  })
  assert.deepEqual(await states(jobs.watch(failing.id, never)), ['running', 'failed'])
  assert.equal(jobs.get(failing.id)?.error, 'the disk is gone')
  await new Promise((resolve) => setImmediate(resolve))
  const stopped = jobs.start(
    'import',
    (_report, signal) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      ),
  )
  await new Promise((resolve) => setImmediate(resolve))
  jobs.cancel(stopped.id)
  assert.equal((await states(jobs.watch(stopped.id, never))).at(-1), 'cancelled')
  assert.deepEqual(told, ['verify'])
})
