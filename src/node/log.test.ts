import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { logger } from '#base/log.ts'
import { redactText, startLog } from '#node/log.ts'

function logged(write: (log: ReturnType<typeof logger>) => void, level: 'info' | 'debug'): string {
  const chunks: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      chunks.push(String(chunk))
      done()
    },
  })
  startLog(level, stream)
  write(logger('test'))
  startLog('fatal', stream)
  return chunks.join('')
}

test('what is below the level is not written, what is at it is, on one line', () => {
  const text = logged((log) => {
    log.debug('quiet')
    log.info('heard {count} posts', { count: 3 })
  }, 'info')
  assert.match(text, /^[^\n]*heard 3 posts\n$/)
})

test('a secret is not written, by its name or by its looks', () => {
  const key = Buffer.alloc(64, 7).toString('base64')
  const text = logged((log) => {
    log.info('opened with {passphrase} and {seed}', { passphrase: 'correct horse', seed: 'abc123' })
    log.info('connected to {url}', { url: 'postgres://ada:lovelace@db.example/metalife' })
    log.info('{header} {link} {key}', {
      header: 'Bearer aaaa-bbbb',
      link: 'http://127.0.0.1:1/?token=cccc-dddd',
      key: `"private": "${key}.ed25519"`,
    })
  }, 'debug')
  for (const secret of ['correct horse', 'abc123', 'lovelace', 'aaaa', 'cccc', key]) {
    assert.ok(!text.includes(secret), secret)
  }
  assert.match(text, /db\.example/)
})

test('names of people stay readable', () => {
  const id = `@${Buffer.alloc(32, 7).toString('base64')}.ed25519`
  assert.equal(redactText(id), id)
})
