/** The first stage: small runs are checked whole before they are stored, of long ones the newest message. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Background } from '#networks/ssb/replicate/intake/background.ts'
import type { Flow } from '#networks/ssb/replicate/intake/flow.ts'
import { runsOf, split, type Item, type Run } from '#networks/ssb/replicate/intake/item.ts'

/** Where items that link go in. */
export interface Front {
  push(item: Item): void
}

/** Items checked in one step, and steps that are at the verifier at once: the threads never wait for the disk. */
const STEP = 256
const AHEAD = 12

/** When a run is stored on the word of its newest message. */
export type HeadFirst = {
  /** Messages that the run has at least. */
  readonly from: number
  /** Signatures that are waiting at least: while the threads keep up, everything is checked before it is stored. */
  readonly behind: number
}

/**
 * Opens the stage.
 */
export function openFront(flow: Flow, background: Background, headFirst: HeadFirst): Front {
  let pending: Item[] = []
  let running = false

  function next(): Step | undefined {
    if (pending.length === 0) return undefined
    const items = pending.slice(0, STEP)
    pending = pending.slice(items.length)
    const current = items.filter((item) => flow.isCurrent(item))
    flow.release(items.filter((item) => !flow.isCurrent(item)))
    return begin(runsOf(current), flow, background, headFirst)
  }
  async function run(): Promise<void> {
    // What one read of a socket brings is checked together.
    await turn()
    const steps: Step[] = []
    for (;;) {
      while (steps.length < AHEAD) {
        const step = next()
        if (!step) break
        steps.push(step)
      }
      const step = steps.shift()
      if (!step) break
      const flags = await step.flags
      // Undefined: the intake closes, and nothing of this was acknowledged.
      if (flags) await finish(step.runs, step.items, flags, flow, background)
      await flow.commits.room()
    }
    running = false
  }
  return {
    push(item) {
      pending.push(item)
      if (running) return
      running = true
      void run()
    },
  }
}

type PlannedRun = { readonly run: Run; readonly headFirst: boolean }

type Step = {
  readonly runs: readonly PlannedRun[]
  readonly items: readonly Item[]
  readonly flags: Promise<readonly boolean[] | undefined>
}

function begin(
  runs: readonly Run[],
  flow: Flow,
  background: Background,
  { from, behind }: HeadFirst,
): Step {
  const isBehind = flow.verifier.pending >= behind
  const planned = runs.map((run) => {
    // What follows a provisional message is provisional, however short it is.
    const headFirst = (isBehind && run.length >= from) || background.holds(run[0]?.feed ?? -1)
    if (headFirst) background.expect(run)
    return { run, headFirst }
  })
  const items = planned.flatMap(({ run, headFirst }) => (headFirst ? run.slice(-1) : run))
  return { runs: planned, items, flags: flow.verify(items, true) }
}

async function finish(
  runs: readonly PlannedRun[],
  items: readonly Item[],
  flags: readonly boolean[],
  flow: Flow,
  background: Background,
): Promise<void> {
  for (const [index, item] of items.entries()) item.good = flags[index] === true
  for (const { run, headFirst } of runs) {
    if (!headFirst) storeChecked(run, flow)
    else if (run.at(-1)?.good) storeHead(run, flow, background)
    else await storeGoodPart(run, flow, background)
  }
}

function storeChecked(run: Run, flow: Flow): void {
  if (isVoid(run, flow)) return flow.release(run)
  const { good, bad } = split(run)
  if (good.length > 0) flow.pass(good, { stored: false })
  if (bad[0]) flow.cut(bad[0])
  flow.release(bad)
}

function storeHead(run: Run, flow: Flow, background: Background): void {
  if (isVoid(run, flow)) return background.giveUp(run)
  flow.storeProvisional(run)
  background.push(run)
}

/** The newest message is bad, so nothing vouches for the others: each is checked before it is stored. */
async function storeGoodPart(run: Run, flow: Flow, background: Background): Promise<void> {
  const others = run.slice(0, -1)
  const flags = others.length > 0 ? await flow.verify(others, true) : []
  if (!flags || isVoid(run, flow)) return background.giveUp(run)
  for (const [index, item] of others.entries()) item.good = flags[index] === true
  const { good, bad } = split(run)
  if (good.length > 0) storeHead(good, flow, background)
  if (bad[0]) flow.cut(bad[0])
  background.giveUp(bad)
}

function isVoid(run: Run, flow: Flow): boolean {
  const first = run[0]
  return first !== undefined && !flow.isCurrent(first)
}
