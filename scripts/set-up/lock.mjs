/** One set-up at a time in one clone, also between processes that die while they hold the lock. */
import {
  link,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** The holder touches the file this often; untouched for six times as long, the lock is nobody's. */
const heartbeat = 5000

/**
 * Runs `action` while holding the lock file.
 *
 * @param {string} file
 * @param {() => void} onWait called once when somebody else holds it
 * @param {() => Promise<T>} action
 * @returns {Promise<T>} what `action` answers
 * @template T
 */
export async function withLock(file, onWait, action) {
  await mkdir(dirname(file), { recursive: true })
  const token = JSON.stringify({ pid: process.pid, host: hostname(), random: Math.random() })
  let waited = false
  while (!(await take(file, token))) {
    if (!waited) onWait()
    waited = true
    await sleep(200)
  }
  const beat = setInterval(() => {
    utimes(file, new Date(), new Date()).catch(() => {})
  }, heartbeat)
  try {
    return await action()
  } finally {
    clearInterval(beat)
    if ((await read(file)) === token) await rm(file, { force: true })
  }
}

async function take(file, token) {
  try {
    await writeFile(file, token, { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
  }
  const holder = await read(file)
  if (holder !== undefined && (await isAbandoned(file, holder))) await clearAway(file, holder)
  return false
}

/** Two may find the same lock abandoned: whoever moves away a fresh one instead puts it back. */
async function clearAway(file, holder) {
  const aside = `${file}.${process.pid}`
  try {
    await rename(file, aside)
    if ((await read(aside)) !== holder) await link(aside, file)
    await unlink(aside)
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error
  }
}

async function isAbandoned(file, holder) {
  const age = await stat(file).then(
    (found) => Date.now() - found.mtimeMs,
    () => 0,
  )
  if (age > 6 * heartbeat) return true
  try {
    const { pid, host } = JSON.parse(holder)
    return host === hostname() && !isAlive(pid)
  } catch {
    return age > heartbeat
  }
}

/** Whether a process of this machine runs. */
export function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

async function read(file) {
  return readFile(file, 'utf8').catch(() => undefined)
}
