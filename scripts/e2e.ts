/** `npm run test:e2e`: a whole node, driven through a real browser. Needs Chromium, which npm cannot bring. */
import { existsSync, globSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { runSuite } from './node-test.ts'
import { root } from './set-up/places.mjs'

const files = ['test/e2e/**/*.test.ts']
const chromium = findChromium()
if (globSync(files, { cwd: root }).length === 0) {
  console.log('Browser suites: there is none yet (test/e2e is empty).')
} else if (chromium === undefined) {
  console.log('Browser suites skipped: Chromium was not found (Debian: apt-get install chromium).')
  console.log('METALIFE_TEST_CHROMIUM=PATH names one that lies elsewhere.')
} else {
  runSuite(
    { title: 'Browser suites', files, concurrency: 1, env: { METALIFE_TEST_CHROMIUM: chromium } },
    process.argv.slice(2),
  )
}

function findChromium(): string | undefined {
  const named = process.env['METALIFE_TEST_CHROMIUM']
  if (named !== undefined) return named
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(existsSync)
}
