import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runCommand, spawnCommand } from '#rig/command.ts'
import { startTestNode, temporaryHome } from '#rig/node.ts'

test('help shows every command and setting, and each command has its own', async () => {
  for (const argv of [['help'], ['--help'], []]) {
    const { code, stdout } = await runCommand(argv)
    assert.equal(code, 0)
    for (const word of [
      'start',
      'identity words',
      'invite accept',
      'blobs get',
      '--home',
      '--port',
    ]) {
      assert.ok(stdout.includes(word), word)
    }
  }
  const { commands } = JSON.parse((await runCommand(['help', '--json'])).stdout) as {
    commands: { name: string }[]
  }
  assert.ok(commands.length >= 30)
  for (const { name } of commands) {
    const own = await runCommand([...name.split(' '), '--help'])
    assert.equal(own.code, 0, name)
    assert.ok(own.stdout.startsWith(`Usage: metalife ${name}`), name)
  }
})

test('what is written wrongly ends with 2 and one sentence that says what to do', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['tiimeline'], /no command “tiimeline”.*Did you mean timeline/],
    [['identity'], /needs one more word: identity show, identity words/],
    [['post'], /is written: metalife post TEXT/],
    [['post', 'a', 'b'], /is written: metalife post TEXT/],
    [['like', 'x', '--emojo', 'y'], /no option --emojo\. Did you mean --emoji/],
    [['like', 'x', '--off=1'], /--off takes no value/],
    [['timeline', '--limit'], /--limit needs a value/],
    [['status', '--port', 'high'], /setting port .*--port/],
    [['help', 'nothing'], /no command “nothing”/],
  ]
  for (const [argv, message] of cases) {
    const { code, stdout, stderr } = await runCommand(argv)
    assert.equal(code, 2, argv.join(' '))
    assert.equal(stdout, '')
    assert.match(stderr, message)
    assert.doesNotMatch(stderr, /\n.*\n/, 'one line')
    assert.doesNotMatch(stderr, /\n\s+at /)
  }
})

test('an unknown setting in the environment names it and ends with 2', async () => {
  const { main } = await import('#cli/main.ts')
  const { PassThrough, Readable } = await import('node:stream')
  const stderr = new PassThrough()
  const streams = { stdin: Readable.from([]), stdout: new PassThrough(), stderr }
  assert.equal(await main(['version'], { METALIFE_PROT: '1' }, streams), 2)
  assert.match(String(stderr.read()), /METALIFE_PROT.*METALIFE_PORT/)
})

test('a home without an identity is not filled by asking about it', async () => {
  await using home = await temporaryHome()
  const { code, stderr } = await runCommand(['timeline', ...home.flags])
  assert.equal(code, 1)
  assert.match(stderr, /no identity/)
})

test('commands do the same with a running node and without', async () => {
  await using home = await temporaryHome()
  const run = (...argv: string[]) => runCommand([...argv, ...home.flags])
  const running = await startTestNode(home)
  assert.match((await run('status')).stdout, /The node is running/)
  await use('while it runs')
  assert.equal((await run('peers')).code, 0)
  await running[Symbol.asyncDispose]()

  assert.match((await run('status')).stdout, /No node runs in this home/)
  await use('while none runs')
  for (const argv of [['peers'], ['connect', 'net:127.0.0.1:1~shs:x'], ['invite', 'accept', 'x']]) {
    const { code, stderr } = await run(...argv)
    assert.equal(code, 1)
    assert.match(stderr, /metalife start/)
  }
  const { items } = JSON.parse((await run('timeline', '--json')).stdout) as { items: unknown[] }
  assert.equal(items.length, 4)

  async function use(when: string): Promise<void> {
    const posted = JSON.parse((await run('post', `A post ${when}`, '--json')).stdout)
    assert.equal(posted.deliveries[0].state, 'sent')
    const id: string = posted.deliveries[0].ref.id
    assert.equal((await run('reply', id, 'An answer')).code, 0)
    assert.equal((await run('like', id)).code, 0)
    assert.equal((await run('profile', '--name', 'Ada')).code, 0)
    assert.match(
      (await run('timeline')).stdout,
      new RegExp(`Ada[^]*A post ${when}[^]*❤ 1 · 1 reply`),
    )
    assert.match((await run('thread', id)).stdout, new RegExp(`A post ${when}[^]*\\n {2}An answer`))
    assert.match((await run('profile')).stdout, /Ada/)
    assert.match((await run('verify')).stdout, /all are good/)
    assert.match((await run('reindex')).stdout, /Done: \d+ records/)
    assert.match((await run('thread', id)).stdout, new RegExp(`A post ${when}[^]*An answer`))
    assert.equal((await run('messages')).code, 0)
  }
})

test('a text comes from stdin with “-”, and foreign text cannot steer the terminal', async () => {
  await using home = await temporaryHome()
  await using _node = await startTestNode(home)
  const text = 'two\nlines \u001b[31mred\u001b[0m \u202eback'
  assert.equal((await runCommand(['post', '-', ...home.flags], { stdin: text })).code, 0)
  const { stdout } = await runCommand(['timeline', ...home.flags])
  assert.match(stdout, /two\nlines/)
  for (const steering of ['\u001b', '\u202e']) assert.ok(!stdout.includes(steering))
  const json = JSON.parse((await runCommand(['timeline', '--json', ...home.flags])).stdout)
  assert.equal(json.items[0].content.text.body.startsWith('two\nlines'), true)
})

test('a file goes in and comes out as it was', async () => {
  await using home = await temporaryHome()
  await using _node = await startTestNode(home)
  const folder = await mkdtemp(join(tmpdir(), 'metalife-files-'))
  try {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')]
    const bytes = crypto.getRandomValues(new Uint8Array(60_000))
    await writeFile(from, bytes)
    const added = await runCommand(['blobs', 'add', from, ...home.flags])
    assert.equal(added.code, 0, added.stderr)
    const name = added.stdout.trim()
    assert.equal((await runCommand(['blobs', 'get', name, to, ...home.flags])).code, 0)
    assert.deepEqual(new Uint8Array(await readFile(to)), bytes)
    const again = await runCommand(['blobs', 'get', name, to, ...home.flags])
    assert.equal(again.code, 2)
    assert.match(again.stderr, /already there/)
    const missing = await runCommand(['blobs', 'get', '0'.repeat(64), ...home.flags])
    assert.equal(missing.code, 1)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('what is exported from one home is imported into another', async () => {
  await using home = await temporaryHome()
  await using other = await temporaryHome()
  await using node = await startTestNode(home)
  await (await startTestNode(other))[Symbol.asyncDispose]()
  for (const text of ['one', 'two', 'three']) await node.client.send('POST', '/posts', { text })
  const dump = join(home.folder, 'dump')
  const exported = await runCommand(['export', dump, ...home.flags])
  assert.equal(exported.code, 0, exported.stderr)
  assert.match(exported.stdout, /Exported: .*3 messages/)
  const imported = await runCommand(['import', dump, '--json', ...other.flags])
  assert.equal(imported.code, 0, imported.stderr)
  assert.equal(JSON.parse(imported.stdout).stored, 3)
  const { items } = JSON.parse(
    (await runCommand(['timeline', '--all', '--json', ...other.flags])).stdout,
  )
  assert.equal(items.length, 3)
  const again = await runCommand(['import', join(home.folder, 'nothing'), ...other.flags])
  assert.equal(again.code, 1)
  assert.doesNotMatch(again.stderr, /should not have happened/)
})

test('the words are not written where nobody looks, and restore the identity elsewhere', async () => {
  await using home = await temporaryHome()
  await using other = await temporaryHome()
  await (await startTestNode(home))[Symbol.asyncDispose]()
  assert.equal((await runCommand(['identity', 'words', ...home.flags])).code, 2)
  const shown = await runCommand(['identity', 'words', ...home.flags], { terminal: true })
  assert.match(shown.stdout, /^ 1 \w+ +7 \w+/)
  const { words } = JSON.parse(
    (await runCommand(['identity', 'words', '--yes', '--json', ...home.flags])).stdout,
  )
  assert.equal(words.length, 24)

  const wrong = await runCommand(['identity', 'restore', '-', ...other.flags], {
    stdin: 'one two three',
  })
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /24 words/)
  const done = await runCommand(['identity', 'restore', '-', ...other.flags], {
    stdin: words.join(' '),
  })
  assert.equal(done.code, 0, done.stderr)
  const id = async (flags: readonly string[]): Promise<string> =>
    JSON.parse((await runCommand(['identity', 'show', '--json', ...flags])).stdout).me.ref.id
  assert.equal(await id(other.flags), await id(home.flags))
  const refused = await runCommand(['post', 'too soon', '--json', ...other.flags])
  assert.notEqual(JSON.parse(refused.stdout || '{"deliveries":[{}]}').deliveries[0].state, 'sent')
})

test('a passphrase is set and removed, and asked of a process that has no terminal', async () => {
  await using home = await temporaryHome()
  await (await startTestNode(home))[Symbol.asyncDispose]()
  const file = join(home.folder, 'secret')
  await writeFile(file, 'correct horse\n')
  const flags = [...home.flags, '--passphrase-file', file]
  assert.equal(
    (await runCommand(['passphrase', 'set', '-', ...home.flags], { stdin: 'correct horse' })).code,
    0,
  )
  const closed = await runCommand(['timeline', ...home.flags])
  assert.equal(closed.code, 1)
  assert.match(closed.stderr, /passphrase/)
  assert.equal((await runCommand(['timeline', ...flags])).code, 0)
  await writeFile(file, 'wrong\n')
  assert.match((await runCommand(['passphrase', 'remove', ...flags])).stderr, /wrong/)
  await writeFile(file, 'correct horse\n')
  assert.equal((await runCommand(['passphrase', 'remove', ...flags])).code, 0)
  assert.equal((await runCommand(['timeline', ...home.flags])).code, 0)
})

test('after kill -9 nothing that was acknowledged is missing, and commands find their way', async () => {
  await using home = await temporaryHome()
  await using node = spawnCommand(['start', ...home.flags])
  await node.until(/Ctrl-C stops it/)
  for (const text of ['one', 'two']) {
    assert.equal((await runCommand(['post', text, ...home.flags])).code, 0)
  }
  node.kill('SIGKILL')
  await node.ended
  const { code, stdout, stderr } = await runCommand(['timeline', '--json', ...home.flags])
  assert.equal(code, 0, stderr)
  assert.equal(JSON.parse(stdout).items.length, 2)
})

test('SIGTERM ends a node cleanly, and a second process in its home is told who has it', async () => {
  await using home = await temporaryHome()
  await using first = spawnCommand(['start', ...home.flags])
  const said = await first.until(/Ctrl-C stops it/)
  assert.match(said, /http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]+/)
  assert.match(said, /identity words/)
  await using second = spawnCommand(['start', ...home.flags])
  const { code, output } = await second.ended
  assert.equal(code, 1)
  assert.match(output, new RegExp(`in use by process ${first.pid}`))
  first.kill('SIGTERM')
  assert.equal((await first.ended).code, 0)
  assert.equal((await runCommand(['timeline', ...home.flags])).code, 0)
})
