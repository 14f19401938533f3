/** An app that is a page of another site, in a real browser without a program in our pages: signing in, and using the API. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium, type Browser, type Page } from 'playwright-core'
import { registerApp } from '#rig/client-app.ts'
import { startTestNode, temporaryHome, type TestHome, type TestNode } from '#rig/node.ts'

const executablePath = process.env['METALIFE_TEST_CHROMIUM'] ?? '/usr/bin/chromium'
const skip = existsSync(executablePath) ? false : `there is no Chromium at ${executablePath}`
const pictures = process.env['METALIFE_TEST_PICTURES']
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
let home: TestHome
let node: TestNode
let site: Server
let app: string

before(async () => {
  if (skip) return
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic']
  browser = await chromium.launch({ executablePath, headless: true, args })
  home = await temporaryHome()
  node = await startTestNode(home)
  site = createServer((request, response) => {
    const link = new URL(request.url ?? '', 'http://x').searchParams.get('link') ?? ''
    response.setHeader('content-type', 'text/html')
    response.end(
      `<!doctype html><title>App</title><a href="${link.replaceAll('&', '&amp;')}">Sign in</a>`,
    )
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  // Another site than 127.0.0.1, on the same machine.
  app = `http://localhost:${(site.address() as AddressInfo).port}`
})
after(async () => {
  if (skip) return
  await browser.close()
  site.closeAllConnections()
  await new Promise((resolve) => site.close(resolve))
  await node[Symbol.asyncDispose]()
  await home[Symbol.asyncDispose]()
})

async function startSignIn(
  page: Page,
): Promise<{ readonly client: string; readonly secret: string }> {
  const registered = await registerApp(node.node.url, 'read write', `${app}/callback`)
  const query = new URLSearchParams({
    client_id: registered.client,
    redirect_uri: `${app}/callback`,
    response_type: 'code',
    scope: 'read write',
    state: 'abc',
  })
  const link = `${node.node.url}/oauth/authorize?${query.toString()}`
  await page.goto(`${app}/?link=${encodeURIComponent(link)}`)
  await page.getByRole('link', { name: 'Sign in' }).click()
  return registered
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures !== undefined)
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
}

async function accessible(page: Page): Promise<void> {
  const found = await page.evaluate(
    `${axe}; axe.run().then(({ violations }) => violations.map(({ id }) => id))`,
  )
  assert.deepEqual(found, [])
}

test(
  'a person who is known in this browser is asked at once, and the app gets its token',
  { skip },
  async () => {
    const page = await browser.newPage()
    await page.goto(node.node.context.pageLink() ?? '')
    const { client, secret } = await startSignIn(page)
    await page.getByRole('button', { name: 'Allow' }).waitFor()
    await accessible(page)
    await picture(page, 'authorise')
    await page.getByRole('button', { name: 'Allow' }).click()
    await page.waitForURL(`${app}/callback?**`)
    const back = new URL(page.url()).searchParams
    assert.equal(back.get('state'), 'abc')
    const base = node.node.url
    const code = back.get('code')
    const seen = await page.evaluate(
      async ({ base, body }) => {
        const given = await fetch(`${base}/oauth/token`, {
          method: 'POST',
          body: new URLSearchParams(body),
        })
        const { access_token } = (await given.json()) as { access_token: string }
        const headers = {
          authorization: `Bearer ${access_token}`,
          'content-type': 'application/json',
        }
        await fetch(`${base}/api/v1/statuses`, {
          method: 'POST',
          headers,
          body: '{"status":"from a page"}',
        })
        const home = await fetch(`${base}/api/v1/timelines/home`, { headers })
        return { link: home.headers.get('link'), text: await home.text() }
      },
      {
        base,
        body: {
          grant_type: 'authorization_code',
          client_id: client,
          client_secret: secret,
          redirect_uri: `${app}/callback`,
          code: code ?? '',
        },
      },
    )
    assert.match(seen.text, /from a page/)
    assert.match(seen.link ?? '', /rel="next"/)
    await page.goto(`${base}/oauth/authorized_applications`)
    await accessible(page)
    await picture(page, 'apps')
    await page.getByRole('button', { name: 'End its access' }).click()
    await page.getByText('No app may use your account.').waitFor()
    await page.close()
  },
)

test('an app that opened a window for it hears from that window', { skip }, async () => {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(node.node.context.pageLink() ?? '')
  const registered = await registerApp(node.node.url, 'read', `${app}/callback`)
  const query = new URLSearchParams({
    client_id: registered.client,
    redirect_uri: `${app}/callback`,
    response_type: 'code',
  })
  await page.goto(app)
  const opened = page.waitForEvent('popup')
  const link = `${node.node.url}/oauth/authorize?${query.toString()}`
  await page.evaluate(`void window.open(${JSON.stringify(link)})`)
  const popup = await opened
  await popup.getByRole('button', { name: 'Allow' }).click()
  await popup.waitForURL(`${app}/callback?**`)
  assert.equal(await popup.evaluate('window.opener !== null'), true)
  await context.close()
})

test(
  'somebody unknown proves it with a link, without a program in the page',
  { skip },
  async () => {
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await startSignIn(page)
    await page.getByLabel('Link or code').waitFor()
    await picture(page, 'who-is-there')
    await page.getByLabel('Link or code').fill('not-the-code')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Link or code').fill(node.node.context.pageLink() ?? '')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('button', { name: 'Refuse' }).click()
    await page.waitForURL(`${app}/callback?**`)
    assert.equal(new URL(page.url()).searchParams.get('error'), 'access_denied')
    await context.close()
  },
)
