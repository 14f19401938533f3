/** The first page: static files as they are, behind the session. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Hono } from 'hono'
import type { Sessions } from '#http/sessions.ts'

const files = {
  'page.css': 'text/css; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'elements.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const

/** Puts the page on an app: `/`, and its parts under `/page/`. */
export function mountPage(app: Hono, sessions: Sessions): void {
  const page = read('index.html')
  const locked = read('locked.html')
  app.get('/', sessions.exchange, (c) => {
    c.header('cache-control', 'no-store')
    return sessions.admits(c.req.raw) ? c.html(page) : c.html(locked, 401)
  })
  for (const [name, type] of Object.entries(files)) {
    const body = read(name)
    app.get(`/page/${name}`, (c) =>
      c.body(body, 200, { 'content-type': type, 'cache-control': 'no-cache' }),
    )
  }
}

function read(name: string): string {
  return readFileSync(join(import.meta.dirname, 'page', name), 'utf8')
}
