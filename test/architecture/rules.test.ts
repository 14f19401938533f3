/** Each rule of the house finds its violation in a small tree made for it, and lets the right form pass. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import {
  checkForms,
  checkNames,
  filesLongerThan,
  findBarrels,
  findMachinePaths,
  findNetworkNames,
} from './check-files.ts'
import { checkArrows, findRings } from './check-imports.ts'
import { readSourceFiles, type SourceFile } from './source-files.ts'

type Tree = Readonly<Record<string, string>>

/** Writes a tree to disk and reads it as the real one is read. */
function read(tree: Tree): readonly SourceFile[] {
  const root = mkdtempSync(join(tmpdir(), 'metalife-architecture-'))
  try {
    for (const [path, text] of Object.entries(tree)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
    return readSourceFiles(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

const target = { 'src/store/rows.ts': 'export const rows = 1\nexport type Row = 1\n' }

const crossings: readonly { readonly what: string; readonly tree: Tree; readonly fault: RegExp }[] =
  [
    {
      what: 'a value against the arrows',
      tree: { ...target, 'src/model/a.ts': "import { rows } from '#store/rows.ts'\n" },
      fault: /src\/model\/a\.ts:1 imports #store\/rows\.ts: there is no arrow from model to store/,
    },
    {
      what: 'a type against the arrows',
      tree: { ...target, 'src/model/a.ts': "\nimport type { Row } from '#store/rows.ts'\n" },
      fault: /a\.ts:2 .* no arrow from model to store/,
    },
    {
      what: 'a statement over several lines',
      tree: {
        ...target,
        'src/model/a.ts': "import {\n  rows,\n  type Row,\n} from '#store/rows.ts'\n",
      },
      fault: /no arrow from model to store/,
    },
    {
      what: 'a re-export',
      tree: { ...target, 'src/model/a.ts': "export { rows } from '../store/rows.ts'\n" },
      fault: /no arrow from model to store/,
    },
    {
      what: 'an import for its effect',
      tree: { ...target, 'src/model/a.ts': "import '#store/rows.ts'\n" },
      fault: /no arrow from model to store/,
    },
    {
      what: 'a late import',
      tree: { ...target, 'src/model/a.ts': "const late = await import('#store/rows.ts')\n" },
      fault: /no arrow from model to store/,
    },
    {
      what: 'a worker of another folder',
      tree: {
        ...target,
        'src/model/a.ts': "const u = new URL('../store/rows.ts', import.meta.url)\n",
      },
      fault: /no arrow from model to store/,
    },
    {
      what: 'one network that knows another',
      tree: {
        'src/networks/a/x.ts': "import { y } from '#networks/b/y.ts'\n",
        'src/networks/b/y.ts': 'export const y = 1\n',
      },
      fault: /networks\/a and networks\/b must not know each other/,
    },
    {
      what: 'the test rig outside a test',
      tree: {
        'src/model/a.ts': "import { rig } from '#rig/rig.ts'\n",
        'test/rig/rig.ts': 'export const rig = 1\n',
      },
      fault: /src imports nothing of test/,
    },
    {
      what: 'a folder without arrows',
      tree: {
        'src/odd/a.ts': "import { b } from './b.ts'\n",
        'src/odd/b.ts': 'export const b = 1\n',
      },
      fault: /src\/odd has no arrows/,
    },
    {
      what: 'a value of the node in the app',
      tree: {
        'src/api/types.ts': 'export const x = 1\n',
        'web/src/a.ts': "import { x } from '../../src/api/types.ts'\n",
      },
      fault: /types of src\/api only/,
    },
    {
      what: 'a type of the node in the app that is not of the API',
      tree: { ...target, 'web/src/a.ts': "import type { Row } from '../../src/store/rows.ts'\n" },
      fault: /nothing of the node but types of src\/api/,
    },
  ]

for (const { what, tree, fault } of crossings) {
  test(`finds ${what}`, () => {
    const faults = checkArrows(read(tree))
    assert.equal(faults.length, 1, faults.join('\n'))
    assert.match(faults[0] ?? '', fault)
  })
}

test('lets imports along the arrows pass, and what only looks like an import', () => {
  const faults = checkArrows(
    read({
      ...target,
      'src/social/a.ts':
        "import { rows } from '#store/rows.ts'\nimport { readFile } from 'node:fs'\n",
      'src/node/a.ts': "import { rows } from '#store/rows.ts'\n",
      'src/model/a.ts':
        "// import { rows } from '#store/rows.ts'\nconst text = \"import '#store/rows.ts'\"\n",
      'src/model/a.test.ts': "import { rig } from '#rig/rig.ts'\n",
      'src/api/types.ts': 'export type X = 1\n',
      'test/rig/rig.ts': "import { rows } from '#store/rows.ts'\nexport const rig = rows\n",
      'web/src/a.ts': "import type { X } from '../../src/api/types.ts'\n",
    }),
  )
  assert.deepEqual(faults, [])
})

test('finds a ring of values, and none where a type or a late import closes it', () => {
  const ring = (last: string): readonly (readonly string[])[] =>
    findRings(
      read({
        'src/model/a.ts': "import { b } from './b.ts'\nexport const a = b\n",
        'src/model/b.ts': "import { c } from '#model/c.ts'\nexport const b = c\n",
        'src/model/c.ts': `${last}\nexport const c = 1\nexport type C = 1\n`,
      }),
    )
  assert.deepEqual(ring("import { a } from './a.ts'"), [
    ['src/model/a.ts', 'src/model/b.ts', 'src/model/c.ts'],
  ])
  assert.deepEqual(ring("import type { C } from './a.ts'"), [])
  assert.deepEqual(ring("const a = import('./a.ts')"), [])
})

test('counts lines, but not those of generated files', () => {
  const text = 'let x\n'.repeat(601)
  const files = read({
    'src/model/a.ts': text,
    'src/model/b.generated.ts': text,
    'src/chain/generated/c.ts': text,
  })
  assert.deepEqual(filesLongerThan(files, 600), ['src/model/a.ts has 601 lines (limit 600)'])
  assert.deepEqual(filesLongerThan(files, 601), [])
})

test('finds a network named outside its folder: in a comment, a string, a name', () => {
  const lines = [
    '// as ssb does',
    "const a = 'Scuttlebutt'",
    'const ssbPort = 1',
    'const theSSBPort = 1',
    'type Ssb = 1',
    'x-ssb-y',
  ]
  for (const line of [
    ...lines,
    '// ActivityPub',
    'activity-pub',
    'Diaspora',
    'nostrKey',
    'atProto',
  ]) {
    const faults = findNetworkNames(read({ 'src/social/a.ts': `let x\n${line}\n` }))
    assert.equal(faults.length, 1, line)
    assert.match(faults[0] ?? '', /^src\/social\/a\.ts:2 names a network/)
  }
})

test('lets a network name itself, and the composition root, the settings and words that only contain a name', () => {
  const files = read({
    'src/networks/ssb/a.ts': 'const ssb = 1\n',
    'src/node/a.ts': 'const ssb = 1\n',
    'src/config/a.ts': 'const ssb = 1\n',
    'test/a.ts': 'const ssb = 1\n',
    'src/social/a.ts': '// the crossbar, a classBody, atProtocolLevel\n',
  })
  assert.deepEqual(findNetworkNames(files), [])
  const foreign = findNetworkNames(read({ 'src/networks/ssb/a.ts': '// unlike diaspora\n' }))
  assert.equal(foreign.length, 1)
})

test('finds names that are not kebab-case', () => {
  const bad = [
    'src/model/Person.ts',
    'src/model/my_file.ts',
    'src/Model/a.ts',
    'src/model/aB.test.ts',
  ]
  const good = ['src/model/person.ts', 'src/model/a-b2.test.ts', 'test/vite.config.ts']
  const files = read(Object.fromEntries([...bad, ...good].map((path) => [path, 'let x\n'])))
  assert.deepEqual(
    checkNames(files),
    bad.toSorted().map((path) => `${path}: names are kebab-case`),
  )
})

test('finds the forms that the house does not use', () => {
  const forms = {
    'a default export': 'export default 1',
    'an enum': 'export enum Colour { red }',
    'a namespace': 'namespace X {}',
    'a silenced type': '// @ts-ignore',
    'an excused any': '// oxlint-disable-next-line typescript/no-explicit-any -- because',
    'a silenced rule without a reason': '// oxlint-disable-next-line eqeqeq',
  }
  for (const [what, line] of Object.entries(forms)) {
    assert.equal(checkForms(read({ 'src/model/a.ts': `${line}\n` })).length, 1, what)
  }
  const excused = '// oxlint-disable-next-line eqeqeq -- both are numbers here\n'
  assert.deepEqual(checkForms(read({ 'src/model/a.ts': excused })), [])
})

test('finds files that only re-export', () => {
  const barrel =
    "/** All. */\nexport { a } from './a.ts'\nexport type { B } from './b.ts'\nexport * from './c.ts'\n"
  assert.equal(findBarrels(read({ 'src/model/all.ts': barrel })).length, 1)
  assert.deepEqual(findBarrels(read({ 'src/model/all.ts': `${barrel}export const own = 1\n` })), [])
})

test('finds a path of one machine', () => {
  const paths = ['root', 'home/anna', 'Users/Anna', 'work'].map((folder) => `/${folder}/x`)
  for (const path of paths) {
    assert.equal(
      findMachinePaths(read({ 'src/model/a.ts': `const at = '${path}'\n` })).length,
      1,
      path,
    )
  }
  const relative = "const at = './root/x' + '~/work/x' + `${home}/root/x`\n"
  assert.deepEqual(findMachinePaths(read({ 'src/model/a.ts': relative })), [])
})
