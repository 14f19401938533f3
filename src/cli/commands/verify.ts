import { MetaLifeError } from '#base/errors.ts'
import type { Command } from '#cli/command.ts'
import { oneLine } from '#cli/printable.ts'
import { runJob } from '#cli/run-job.ts'
import { verifiedShape } from '#node/answers.ts'

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
    const { records, feeds, blobs, faults } = verifiedShape.parse(result, 'The result')
    call.output.result(result, () =>
      [
        `Checked ${records} records of ${feeds} feeds and ${blobs} blobs: ${faults.length === 0 ? 'all are good' : `${faults.length} faults`}.`,
        ...faults.map((fault) => `  ${oneLine(fault)}`),
      ].join('\n'),
    )
    if (faults.length > 0) {
      throw new DamageFoundError(
        `${faults.length} things are damaged. Keep a copy of the home, then ask for the records again from a peer or import them.`,
      )
    }
  },
}
