/** The rules about single files: size, name, what must not stand in them. */
import { basename } from 'node:path'
import { isGenerated, type SourceFile } from './source-files.ts'

/** Lines after which a file should be split, and after which it must be. */
export const longFile = 350
export const longestFile = 600

/** How many lines a file has. */
export function linesOf(file: SourceFile): number {
  return file.text === '' ? 0 : file.text.replace(/\n$/, '').split('\n').length
}

/** Files of more than `limit` lines; what programs wrote does not count. */
export function filesLongerThan(files: readonly SourceFile[], limit: number): readonly string[] {
  return files
    .filter((file) => !isGenerated(file.path) && linesOf(file) > limit)
    .map((file) => `${file.path} has ${linesOf(file)} lines (limit ${limit})`)
}

/** File and folder names that are not kebab-case. */
export function checkNames(files: readonly SourceFile[]): readonly string[] {
  const good = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)+$/
  const folder = /^[a-z0-9]+(?:-[a-z0-9]+)*$/
  return files
    .filter(
      ({ path }) =>
        !good.test(basename(path)) ||
        !path
          .split('/')
          .slice(0, -1)
          .every((part) => folder.test(part)),
    )
    .map(({ path }) => `${path}: names are kebab-case`)
}

const forms: readonly { readonly pattern: RegExp; readonly why: string }[] = [
  { pattern: /^export default\b/m, why: 'exports are named' },
  {
    pattern: /^(?:export )?(?:declare )?(?:const )?enum\b/m,
    why: 'no enums: use a union of strings',
  },
  { pattern: /^(?:export )?namespace\b/m, why: 'no namespaces: a file is one' },
  {
    pattern: /\/\/\s*@ts-(?:ignore|nocheck|expect-error)\b/,
    why: 'no comment may silence the types',
  },
  { pattern: /(?:ox|es)lint-disable[^\n]*no-explicit-any/, why: 'no comment may let any in' },
  {
    pattern: /(?:ox|es)lint-disable(?!.* -- \S)/,
    why: 'a silenced rule needs its reason after " -- "',
  },
]

/** Forms that the house does not use; web may have default exports, where its tools ask for them. */
export function checkForms(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ path }) => !path.startsWith('web/') && !path.startsWith('test/architecture/'))
    .flatMap(({ path, text }) =>
      forms.filter(({ pattern }) => pattern.test(text)).map(({ why }) => `${path}: ${why}`),
    )
}

/** Files that only pass on what others export: they hide where things are and make rings. */
export function findBarrels(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ text }) => isBarrel(text))
    .map(({ path }) => `${path} only re-exports: import from the place itself`)
}

function isBarrel(text: string): boolean {
  const code = text.replaceAll(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '')
  const rest = code.replaceAll(
    /^export\s+(?:type\s+)?(?:\*(?:\s+as\s+\w+)?|\{[^}]*\})\s+from\s+['"][^'"]+['"];?/gm,
    '',
  )
  return rest.trim() === '' && code.trim() !== ''
}

/** Names of networks and other words for them. A new network adds its line in the same commit as its folder. */
const networkWords: Readonly<Record<string, readonly RegExp[]>> = {
  ssb: [/scuttlebutt/i, shortWord('ssb')],
  activitypub: [/activity[-_ ]?pub/i],
  diaspora: [/diaspora/i],
  nostr: [/nostr/i],
  atproto: [/at[-_ ]?proto(?![a-z])/i, /bluesky/i],
}

/** Places in `src` that may name every network: the composition root and the settings. */
const mayName = /^src\/(?:node|config)\//

/** Lines of `src` that name a network outside its own folder. */
export function findNetworkNames(files: readonly SourceFile[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    if (!path.startsWith('src/') || mayName.test(path)) return []
    const own = /^src\/networks\/([^/]+)\//.exec(path)?.[1]
    const foreign = Object.entries(networkWords).filter(([name]) => name !== own)
    return linesThat(
      text,
      foreign.flatMap(([, words]) => words),
    ).map(({ line, word }) => `${path}:${line} names a network (${word}): only its own folder may`)
  })
}

/** Lines with a path of one machine; for an example there is `/home/somebody`. */
export function findMachinePaths(files: readonly SourceFile[]): readonly string[] {
  const pattern =
    /(?<![\w.~}-])\/(?:root|work|home\/(?!somebody\b)[a-z][\w-]*|Users\/[A-Za-z][\w-]*)\//
  return files.flatMap(({ path, text }) =>
    linesThat(text, [pattern]).map(
      ({ line, word }) => `${path}:${line} has a path of one machine (${word})`,
    ),
  )
}

/** A short name is only meant where it stands as a word of its own, also inside a camelCase or kebab-case name. */
function shortWord(word: string): RegExp {
  const capital = word.charAt(0).toUpperCase() + word.slice(1)
  const upper = word.toUpperCase()
  return new RegExp(
    `(?<![A-Za-z])${word}(?![a-z])|${capital}(?![a-z])|(?<![A-Z])${upper}(?![A-Z](?![a-z]))`,
  )
}

function linesThat(
  text: string,
  patterns: readonly RegExp[],
): readonly { line: number; word: string }[] {
  return text.split('\n').flatMap((content, index) => {
    const word = patterns
      .map((pattern) => pattern.exec(content)?.[0])
      .find((found) => found !== undefined)
    return word === undefined ? [] : [{ line: index + 1, word }]
  })
}
