/**
 * A node that is killed: it receives posts of others and publishes its own without end, and tells its parent by IPC of each
 * one that it has answered for. Arguments: database file, round.
 */
import { systemClock } from '#base/clock.ts'
import { openStore } from '#store/store.ts'
import { openDataNode } from '#rig/data-node.ts'
import { checkedIntake, samplePerson } from '#rig/sample-people.ts'
import { CRASH_KEY } from './crash-key.ts'

const [path = '', round = ''] = process.argv.slice(2)
const clock = systemClock()
const store = await openStore({ path, key: CRASH_KEY, clock })
const node = await openDataNode(store, clock, 'a')
node.social.start()

const tell = (line: string): void => void process.send!(line)

async function receive(): Promise<void> {
  const writers = ['b', 'c', 'd'].map((who) => samplePerson(`${who}${round}`))
  for (let n = 0; ; n++) {
    const posts = writers.flatMap((writer) => [writer.post(`${round} ${n}`), writer.post('again')])
    await node.host.receive(checkedIntake(...posts))
    for (const { record } of posts) tell(record.id)
  }
}

async function publish(): Promise<void> {
  for (let n = 0; ; n++) {
    const key = `own ${round} ${n}`
    tell(`begun ${key}`)
    const { id } = await node.social.post({ text: { format: 'plain', body: key } }, { key })
    if (id === undefined) throw new Error('a post was not taken')
    tell(key)
  }
}

await Promise.all([receive(), publish()])
