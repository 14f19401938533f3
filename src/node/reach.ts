/** How other processes of this machine find the running node of a home: its address and its token, in files of mode 0600. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { localBase } from '#api/local/app.ts'
import { replaceFile } from '#crypto/durable-file.ts'
import { homeLayout, type HomeLayout } from '#store/home/layout.ts'

/** A running node. */
export type Reachable = {
  /** Where its API begins. */
  readonly base: string
  readonly token: string
}

/** Says where the node of a home listens. */
export async function announce(layout: HomeLayout, url: string): Promise<void> {
  await replaceFile(addressFile(layout), 0o600, (handle) => handle.writeFile(url))
}

/** Takes it back. */
export async function withdraw(layout: HomeLayout): Promise<void> {
  await rm(addressFile(layout), { force: true }).catch(() => undefined)
}

/** The node of a home, if its files say that one runs; a crashed one may have left them. */
export async function reachable(home: string): Promise<Reachable | undefined> {
  const layout = homeLayout(home)
  try {
    const url = (await readFile(addressFile(layout), 'utf8')).trim()
    const token = (await readFile(layout.token, 'utf8')).trim()
    return /^http:\/\/[\w.:[\]-]+$/.test(url) ? { base: url + localBase, token } : undefined
  } catch {
    return undefined
  }
}

function addressFile(layout: HomeLayout): string {
  return join(layout.folder, 'api-address')
}
