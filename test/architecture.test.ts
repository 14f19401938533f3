/** The walls of the house: docs/architecture.md says why. How each rule catches its violation: architecture/rules.test.ts. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import { test } from 'node:test'
import { allowed, arrows } from './architecture/arrows.ts'
import {
  checkForms,
  checkNames,
  filesLongerThan,
  findBarrels,
  findMachinePaths,
  findNetworkNames,
  linesOf,
  longestFile,
  longFile,
} from './architecture/check-files.ts'
import { checkArrows, findRings } from './architecture/check-imports.ts'
import { readSourceFiles } from './architecture/source-files.ts'

const root = join(import.meta.dirname, '..')
const files = readSourceFiles(root)

function none(faults: readonly string[]): void {
  assert.equal(faults.length, 0, `\n${faults.join('\n')}`)
}

test('imports follow the arrows', () => none(checkArrows(files)))

test('no files import each other in a ring', () => {
  none(findRings(files).map((ring) => ring.join(' ↔ ')))
})

test(`no file has more than ${longestFile} lines`, (context) => {
  for (const sentence of filesLongerThan(files, longFile))
    context.diagnostic(`to split: ${sentence}`)
  const sizes = files
    .filter((file) => file.path.startsWith('src/'))
    .map(linesOf)
    .toSorted((a, b) => a - b)
  const at = (share: number): number => sizes[Math.floor(sizes.length * share)] ?? 0
  context.diagnostic(`src: ${sizes.length} files, median ${at(0.5)} lines, 95 % below ${at(0.95)}`)
  none(filesLongerThan(files, longestFile))
})

test('no network is named outside its folder, the composition root and the settings', () => {
  none(findNetworkNames(files))
})

test('names of files are kebab-case', () => none(checkNames(files)))

test('no default export, enum, namespace or silenced type stands in the code', () =>
  none(checkForms(files)))

test('no file only re-exports', () => none(findBarrels(files)))

test('no path of one machine stands in the tree', () => {
  none(findMachinePaths(trackedText()))
})

test('every folder of src has its arrows, and the lint has the same ones', () => {
  const folders = readdirSync(join(root, 'src'))
  none(
    folders
      .filter((folder) => !Object.hasOwn(arrows, folder))
      .map((folder) => `src/${folder} has no arrows`),
  )
  const lint: { overrides: { files: string[]; rules: Record<string, unknown> }[] } = JSON.parse(
    readFileSync(join(root, '.oxlintrc.json'), 'utf8'),
  )
  for (const folder of Object.keys(arrows)) {
    const override = lint.overrides.find((entry) => entry.files.includes(`src/${folder}/**/*.ts`))
    const closed = Object.keys(arrows).filter((to) => !allowed(folder, to))
    assert.deepEqual(override?.rules['no-restricted-imports'], [
      'error',
      {
        patterns: [
          {
            group: closed.map((to) => `#${to}/**`),
            message: `src/${folder} may not import this: see docs/architecture.md`,
          },
        ],
      },
    ])
  }
})

test('the imports map names every folder of src that has files', () => {
  const { imports }: { imports: Record<string, string> } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  )
  const used = new Set(
    files.filter(({ path }) => path.startsWith('src/')).map(({ path }) => path.split('/')[1]),
  )
  none([...used].filter((folder) => imports[`#${folder}/*`] !== `./src/${folder}/*`).map(String))
})

test('the lockfiles name no registry', () => {
  const locks = ['package-lock.json', 'scripts/toolchain/package-lock.json']
  none(locks.filter((lock) => readFileSync(join(root, lock), 'utf8').includes('"resolved"')))
})

/** Every text file of the tree that git tracks or would add. */
function trackedText(): readonly { path: string; text: string; imports: readonly never[] }[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
  })
  const binary = new Set(['.png', '.jpg', '.webp', '.ico', '.woff2', '.bin', '.wasm'])
  return listed
    .split('\0')
    .filter((path) => path !== '' && !binary.has(extname(path)) && path !== 'LICENSE')
    .flatMap((path) => {
      try {
        return [{ path, text: readFileSync(join(root, path), 'utf8'), imports: [] }]
      } catch {
        return [] // deleted, but still in the index
      }
    })
}
