import { isObject, type Json } from '#base/json.ts'
import { MetaLifeError } from '#base/errors.ts'
import type { Command } from '#cli/command.ts'
import { oneLine } from '#cli/printable.ts'
import { runJob } from '#cli/run-job.ts'

/** Something stored is not what it should be. */
export class DamageFoundError extends MetaLifeError {
  override name = 'DamageFoundError'
}

/** `metalife verify` */
export const verifyCommand: Command = {
  name: 'verify',
  operands: '',
  arity: [0, 0],
  summary: 'Check every signature, chain and blob that is stored',
  async run(call) {
    await using client = await call.connect()
    const { result = {} } = await runJob(client, 'verify', undefined, call)
    const { records = 0, feeds = 0, blobs = 0, faults = [] } = isObject(result) ? result : {}
    const list: readonly Json[] = Array.isArray(faults) ? faults : []
    call.output.result(result, () =>
      [
        `Checked ${records} records of ${feeds} feeds and ${blobs} blobs: ${list.length === 0 ? 'all are good' : `${list.length} faults`}.`,
        ...list.map((fault) => `  ${oneLine(String(fault))}`),
      ].join('\n'),
    )
    if (list.length > 0) {
      throw new DamageFoundError(
        `${list.length} things are damaged. Keep a copy of the home, then ask for the records again from a peer or import them.`,
      )
    }
  },
}
