/** `npm run check [-- STEP…] [--fix]`: everything about the tree that needs no running node. Says which step failed. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { styleText } from 'node:util'
import { root } from './set-up/places.mjs'

type Step = {
  readonly name: string
  readonly args: readonly string[]
  /** Arguments that mend what the step finds, where it can. */
  readonly fix?: readonly string[]
}

type Outcome = { readonly code: number; readonly output: string; readonly seconds: number }

const bin = (name: string): string => join('node_modules', '.bin', name)
const steps: readonly Step[] = [
  { name: 'types', args: [bin('tsc'), '--pretty', 'false'] },
  { name: 'lint', args: [bin('oxlint'), '--format=unix'], fix: [bin('oxlint'), '--fix'] },
  { name: 'format', args: [bin('oxfmt'), '--check'], fix: [bin('oxfmt')] },
  { name: 'architecture', args: ['--test', '--test-reporter=dot', 'test/architecture.test.ts'] },
  { name: 'unused', args: [bin('knip'), '--no-progress'] },
  {
    name: 'docs',
    args: ['scripts/operating.ts', '--check'],
    fix: ['scripts/operating.ts'],
  },
]

const args = process.argv.slice(2)
const named = args.filter((argument) => !argument.startsWith('-'))
const unknown = named.find((name) => !steps.some((step) => step.name === name))
if (unknown !== undefined) {
  console.error(`There is no step ${unknown}. Steps: ${steps.map((step) => step.name).join(', ')}.`)
  process.exitCode = 2
} else {
  const chosen = steps.filter((step) => named.length === 0 || named.includes(step.name))
  process.exitCode = await check(chosen, args.includes('--fix'))
}

async function check(chosen: readonly Step[], fix: boolean): Promise<number> {
  const failed: string[] = []
  for (const step of chosen) {
    const outcome = await run((fix && step.fix) || step.args)
    const verdict = outcome.code === 0 ? styleText('green', 'ok    ') : styleText('red', 'FAILED')
    console.log(`${verdict} ${step.name.padEnd(13)} ${outcome.seconds.toFixed(1)} s`)
    if (outcome.code === 0) continue
    failed.push(step.name)
    console.log(outcome.output.trimEnd().replaceAll(/^/gm, '       '))
  }
  if (failed.length === 0) console.log('Everything is in order.')
  else console.log(`Failed: ${failed.join(', ')}. One step alone: npm run check -- ${failed[0]}`)
  return failed.length === 0 ? 0 : 1
}

function run(command: readonly string[]): Promise<Outcome> {
  const started = performance.now()
  return new Promise((resolve) => {
    let output = ''
    const [first = '', ...rest] = command
    const native = first.startsWith('node_modules') && /(?:tsc|oxlint|oxfmt|knip)$/.test(first)
    const child = spawn(process.execPath, native ? [join(root, first), ...rest] : [...command], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const keep = (chunk: Buffer): void => void (output += chunk.toString())
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('close', (code) => {
      resolve({ code: code ?? 1, output, seconds: (performance.now() - started) / 1000 })
    })
  })
}
