/** Reads a tree's own source files: each with its text and what it imports. */
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, posix } from 'node:path'

/** One import of one file. */
export type Import = {
  /** As it is written. */
  readonly specifier: string
  /** Path from the root of the tree, for files of the tree. */
  readonly target: string | undefined
  /** Only types: gone when the program runs. */
  readonly typeOnly: boolean
  /** Loaded when the line is reached: `import()`, a worker's URL. */
  readonly late: boolean
  readonly line: number
}

export type SourceFile = {
  /** From the root of the tree, with `/`. */
  readonly path: string
  readonly text: string
  readonly imports: readonly Import[]
}

const patterns = ['{src,bin,scripts,test,bench,web}/**/*.{ts,tsx,mts,mjs,cjs,js}']
const ignored = /(?:^|\/)(?:node_modules|dist|out)(?:\/|$)/

/** Every source file below `root`, in order of path. */
export function readSourceFiles(root: string): readonly SourceFile[] {
  return globSync(patterns, { cwd: root, exclude: (name) => ignored.test(name) })
    .map((path) => path.replaceAll('\\', '/'))
    .toSorted()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return { path, text, imports: findImports(path, text) }
    })
}

/** Data written by a program: exempt from the limits on size. */
export function isGenerated(path: string): boolean {
  return /\.generated\.[a-z]+$/.test(basename(path)) || /(?:^|\/)generated\//.test(path)
}

/** A test or what only tests use: it may also import `test/rig`. */
export function isTest(path: string): boolean {
  return /\.test\.[a-z]+$/.test(path) || path.startsWith('test/')
}

/**
 * What a module imports. Statements are known by standing at the start of a line, as the formatter leaves them, so that
 * text in comments and strings is not taken for one.
 */
export function findImports(path: string, text: string): readonly Import[] {
  const found: Import[] = []
  const add = (
    match: RegExpExecArray,
    specifier: string,
    typeOnly: boolean,
    late: boolean,
  ): void => {
    const line = text.slice(0, match.index).split('\n').length
    found.push({ specifier, target: resolveImport(path, specifier), typeOnly, late, line })
  }
  const statement =
    /^(?:import|export)\b(\s+type\b(?!\s+from\b))?(?:[\w$\s{},*]*?\bfrom)?\s*['"]([^'"\n]+)['"]/gm
  const call = /\bimport\(\s*['"]([^'"\n]+)['"]\s*[,)]/g
  const address = /\bnew URL\(\s*['"](\.[^'"\n]+)['"]\s*,\s*import\.meta\.url/g
  for (const match of text.matchAll(statement))
    add(match, match[2] ?? '', match[1] !== undefined, false)
  for (const match of text.matchAll(call)) add(match, match[1] ?? '', false, true)
  for (const match of text.matchAll(address)) add(match, match[1] ?? '', false, true)
  return found
}

function resolveImport(path: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.normalize(posix.join(dirname(path), specifier))
  if (specifier.startsWith('#rig/')) return `test/${specifier.slice(1)}`
  return specifier.startsWith('#') ? `src/${specifier.slice(1)}` : undefined
}
