/** `npm run docs`: writes the tables of settings into docs/operating.md; with `--check` only says whether they are fresh. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './set-up/places.mjs'
import { withSettings } from './settings-doc.ts'

const file = join(root, 'docs', 'operating.md')
const old = readFileSync(file, 'utf8')
const fresh = withSettings(old)
if (old === fresh) console.log('docs/operating.md is up to date.')
else if (process.argv.includes('--check')) {
  console.error('docs/operating.md is not what the tables of settings say. Run: npm run docs')
  process.exitCode = 1
} else {
  writeFileSync(file, fresh)
  console.log('docs/operating.md was written.')
}
