/** The first page in a real browser. Skipped, with the reason, where there is no Chromium. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import { startTestNode, temporaryHome, type TestHome, type TestNode } from '#rig/node.ts'

const executablePath = process.env['METALIFE_TEST_CHROMIUM'] ?? '/usr/bin/chromium'
const skip = existsSync(executablePath) ? false : `there is no Chromium at ${executablePath}`
/** Pictures of the page are kept in this folder where it is named. */
const pictures = process.env['METALIFE_TEST_PICTURES']
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Whatever asks for another host than this machine fails, and the test hears of it.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
]
const sizes = { desktop: { width: 1200, height: 900 }, phone: { width: 320, height: 720 } } as const

let profile: string
let browser: BrowserContext
let home: TestHome
let me: TestNode
let otherHome: TestHome
let other: TestNode

before(async () => {
  if (skip) return
  profile = await mkdtemp(join(tmpdir(), 'metalife-browser-'))
  browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: flags,
  })
  home = await temporaryHome()
  me = await startTestNode(home)
  otherHome = await temporaryHome()
  other = await startTestNode(otherHome)
})

after(async () => {
  if (skip) return
  await browser.close()
  for (const open of [me, other, home, otherHome]) await open[Symbol.asyncDispose]()
  await rm(profile, { recursive: true, force: true, maxRetries: 3 })
})

/** Opens the page over a fresh link; faults of the page are collected. */
async function open(): Promise<{ readonly page: Page; readonly faults: string[] }> {
  const page = await browser.newPage()
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('requestfailed', (request) => {
    // A stream of events ends with its page.
    if (!request.url().endsWith('/events')) faults.push(`${request.url()} failed`)
  })
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text())
  })
  await page.goto(me.node.context.pageLink() ?? '')
  await page.locator('#timeline[aria-busy=false]').waitFor()
  return { page, faults }
}

async function picture(page: Page, name: string): Promise<void> {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true })
}

test('without a link the page says how to get one, and shows nothing', { skip }, async () => {
  const page = await browser.newPage()
  const answer = await page.goto(me.node.url)
  assert.equal(answer?.status(), 401)
  assert.match(await page.getByRole('main').innerText(), /metalife status/)
  assert.equal(await page.locator('#timeline').count(), 0)
  await page.close()
})

test(
  'a first visit says what to do; a name, a post and a like are made with the keyboard',
  { skip },
  async () => {
    const { page, faults } = await open()
    assert.equal(new URL(page.url()).search, '', 'the secret does not stay in the address')
    assert.match(await page.locator('#timeline').innerText(), /Write your first post/)
    assert.match(await page.locator('#audience').innerText(), /cannot be taken back/)
    await picture(page, 'empty')

    await page.getByLabel('Your name').focus()
    await page.keyboard.type('Ada Lovelace')
    await page.keyboard.press('Enter')
    await page.locator('#me').getByText('Ada Lovelace').waitFor()

    await page.getByLabel('Write a post').focus()
    await page.keyboard.type('Hello **world**')
    await page.keyboard.press('Control+Enter')
    const post = page.getByRole('article').first()
    await post.locator('strong', { hasText: 'world' }).waitFor()
    assert.equal(await page.getByLabel('Write a post').inputValue(), '')

    await post.getByRole('button', { name: /^Like/ }).focus()
    await page.keyboard.press('Enter')
    await page.locator('article [aria-pressed=true]').waitFor()
    assert.deepEqual(faults, [])
    await page.close()
  },
)

test(
  'pasting an id follows, pasting an address connects, and new posts wait behind a button',
  { skip },
  async () => {
    const { page, faults } = await open()
    const them = await other.client.get<{ ref: { id: string } }>('/me')
    const paste = async (text: string, said: RegExp): Promise<void> => {
      await page.getByLabel(/Paste an id/).fill(text)
      await page.getByRole('button', { name: 'Go' }).click()
      await page.locator('#said', { hasText: said }).waitFor()
    }
    await paste(them.ref.id, /You follow them/)
    await paste(other.address, /Connected/)
    await page.locator('#state', { hasText: '1 connected' }).waitFor()

    await other.client.send('PUT', '/me', { name: 'Mikey' })
    await other.client.send('POST', '/posts', {
      text: 'Good morning from the *mountains*. See https://example.org/a',
    })
    const fresh = page.getByRole('button', { name: '1 new post' })
    await fresh.waitFor()
    assert.equal(await page.getByText('Good morning').count(), 0)
    await fresh.click()
    await page.getByText('Good morning').waitFor()
    assert.equal(await fresh.isVisible(), false)

    await page
      .getByRole('article', { name: /Mikey/ })
      .getByRole('button', { name: /Reply/ })
      .click()
    await page.getByLabel('Write a reply').fill('And from the valley')
    await page.getByRole('button', { name: 'Publish' }).click()
    await page.getByText('And from the valley').first().waitFor()

    await page.getByLabel(/Paste an id/).fill('nonsense')
    await page.getByRole('button', { name: 'Go' }).click()
    assert.match(await page.getByRole('alert').innerText(), /no id, address or invite/)
    assert.deepEqual(faults, [])
    await page.close()
  },
)

for (const [size, viewport] of Object.entries(sizes)) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`nothing is out of reach or out of sight: ${size}, ${colorScheme}`, { skip }, async () => {
      const { page } = await open()
      await page.setViewportSize(viewport)
      await page.emulateMedia({ colorScheme })
      await page.getByRole('article').first().waitFor()
      await picture(page, `${size}-${colorScheme}`)
      // Evaluated by the browser's own channel: the page's policy would refuse a script tag.
      await page.evaluate(axe)
      const found = await page.evaluate<{
        violations: { id: string; nodes: { html: string }[] }[]
      }>('axe.run()')
      assert.deepEqual(
        found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
        [],
      )
      const over = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')
      assert.ok(over <= 0, `${over} px too wide`)
      await page.close()
    })
  }
}

test('what somebody else wrote cannot run anything in the page', { skip }, async () => {
  const hostile =
    '<img src=x onerror="document.title=1"> <script>document.title=1</script> [x](javascript:document.title=1)'
  await me.client.send('POST', '/posts', { text: hostile })
  const { page, faults } = await open()
  const post = page.getByRole('article').filter({ hasText: 'onerror' })
  await post.waitFor()
  assert.equal(await post.locator('.text img, .text script, .text a').count(), 0)
  assert.equal(await page.title(), 'MetaLife')
  assert.deepEqual(faults, [])
  await page.close()
})
