/** Runs node:test over files of the clone, the same way for every suite. */
import { globSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { isTestVariable } from '#config/environment.ts'
import { runInPlace } from './set-up/child.mjs'
import { root } from './set-up/places.mjs'

/** A suite: what it is made of and how it runs. */
export type Suite = {
  readonly title: string
  /** Globs from the root of the clone. */
  readonly files: readonly string[]
  /** Folders that the globs also hit but that are suites of their own, with `/` at the end. */
  readonly not?: readonly string[]
  /** Test files at the same time. */
  readonly concurrency?: number
  /** Milliseconds after which a test that set no limit of its own has failed. */
  readonly timeout?: number
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Runs a suite in our place, with its exit code.
 *
 * @param args files and folders to keep to, and flags for `node --test`
 */
export function runSuite(suite: Suite, args: readonly string[]): void {
  const flags = args.filter((argument) => argument.startsWith('-'))
  const files = chosenFiles(
    suite,
    args.filter((argument) => !argument.startsWith('-')),
  )
  if (files.length === 0) {
    console.error(`${suite.title}: no test file fits ${args.join(' ') || suite.files.join(' ')}.`)
    process.exitCode = 1
    return
  }
  const options = [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${suite.concurrency ?? availableParallelism()}`,
    `--test-timeout=${suite.timeout ?? 120_000}`,
    '--enable-source-maps',
  ]
  const env = { ...cleanEnvironment(), ...suite.env }
  runInPlace(process.execPath, [...options, ...flags, ...files], { cwd: root, env })
}

function chosenFiles(suite: Suite, chosen: readonly string[]): readonly string[] {
  const exclude = (name: string): boolean => /(?:^|\/)node_modules(?:\/|$)/.test(name)
  const all = suite.files
    .flatMap((pattern) => globSync(pattern, { cwd: root, exclude }))
    .filter((file) => !suite.not?.some((folder) => file.startsWith(folder)))
  if (chosen.length === 0) return all.toSorted()
  const prefixes = chosen.map((name) => {
    const plain = name.replace(/^\.\//, '').replace(/\/$/, '')
    const found = statSync(join(root, plain), { throwIfNoEntry: false })
    return found?.isDirectory() ? `${plain}/` : plain
  })
  return all.filter((file) => prefixes.some((prefix) => file.startsWith(prefix))).toSorted()
}

/** A person's own settings must not reach the tests. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of Object.keys(env)) {
    if (name.startsWith('METALIFE_') && !isTestVariable(name)) delete env[name]
  }
  return env
}
