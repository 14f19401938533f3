/** The data of a node over both engines: the same behaviour, told once. */
import { after, before, describe } from 'node:test'
import { appSuite } from './apps.ts'
import { orderSuite } from './order.ts'
import { publishingSuite } from './publishing.ts'
import { readingSuite } from './reading.ts'
import { rebuildingSuite } from './rebuilding.ts'
import { receivingSuite } from './receiving.ts'
import { postgresEngine, sqliteEngine, type Engine } from '#rig/engines.ts'

const postgres = await postgresEngine()

for (const make of [sqliteEngine, async () => postgres]) {
  const isPostgres = make !== sqliteEngine
  const skip = isPostgres && typeof postgres === 'string' ? postgres : false
  describe(isPostgres ? 'PostgreSQL' : 'SQLite', { skip }, () => {
    let engine: Engine
    before(async () => {
      engine = (await make()) as Engine
    })
    after(() => engine[Symbol.asyncDispose]())
    receivingSuite(() => engine)
    orderSuite(() => engine)
    publishingSuite(() => engine)
    readingSuite(() => engine)
    rebuildingSuite(() => engine)
    appSuite(() => engine)
  })
}
