/** The HTTP server: limits on time, size and connections, and a stop that leaves nothing open. */
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { MetaLifeError } from '#base/errors.ts'
import type { Logger } from '#base/log.ts'
import { errorResponse, HttpError } from '#http/http-error.ts'

/** A server that listens. Disposing it ends every connection. */
export interface HttpServer extends AsyncDisposable {
  readonly port: number
  /** Without a slash at the end. */
  readonly url: string
}

/** The address cannot be listened on. */
export class ListenError extends MetaLifeError {
  override name = 'ListenError'
}

const limits = {
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  keepAliveTimeout: 5_000,
  maxConnections: 512,
  maxHeaderSize: 16_384,
}

/**
 * Listens; port 0 takes a free one.
 *
 * @param upgrade takes the connection of a request for another protocol; it must end it before the server is disposed
 * @throws ListenError when the port is taken or the address is not ours
 */
export async function serveHttp(
  fetch: (request: Request) => Response | Promise<Response>,
  where: { readonly host: string; readonly port: number },
  upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
): Promise<HttpServer> {
  const { maxHeaderSize, maxConnections, ...times } = limits
  const server = createAdaptorServer({
    fetch,
    overrideGlobalObjects: false,
    serverOptions: { maxHeaderSize, ...times },
  }) as Server
  server.maxConnections = maxConnections
  if (upgrade) server.on('upgrade', upgrade)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, where)))
    server.listen(where.port, where.host, resolve)
  })
  const { port, address, family } = server.address() as AddressInfo
  const shown = ['0.0.0.0', '::', '127.0.0.1', '::1'].includes(address)
    ? ({ '::1': '[::1]' }[address] ?? '127.0.0.1')
    : family === 'IPv6'
      ? `[${address}]`
      : address
  return {
    port,
    url: `http://${shown}:${port}`,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // What was being answered may end; a connection that then only waits for another request would hold us up.
      const sweep = setInterval(() => server.closeIdleConnections(), 20)
      const patience = setTimeout(() => server.closeAllConnections(), 1_000)
      await closed
      clearInterval(sweep)
      clearTimeout(patience)
    },
  }
}

/**
 * Turns whatever a handler throws into JSON.
 *
 * @param known maps errors of the caller's own to an answer; undefined for what it does not know
 */
export function answerErrors(
  app: Hono,
  log: Logger,
  known: (error: Error) => HttpError | undefined = () => undefined,
): void {
  app.notFound(() => errorResponse(new HttpError(404, 'not_found', 'There is nothing here.')))
  app.onError((error, c) => {
    const answer = error instanceof HttpError ? error : known(error)
    if (answer) return errorResponse(answer)
    log.error('A request failed: {method} {path}', {
      method: c.req.method,
      path: c.req.routePath,
      error,
    })
    const text = 'Something went wrong in the node. Its log says more.'
    return errorResponse(new HttpError(500, 'internal', text))
  })
}

function listenError(
  error: NodeJS.ErrnoException,
  { host, port }: { readonly host: string; readonly port: number },
): ListenError {
  const why =
    error.code === 'EADDRINUSE'
      ? `port ${port} of ${host} is already in use. Stop the other program or choose another port with --port`
      : `${host} port ${port} cannot be listened on (${error.code ?? error.message}). Check --host and --port`
  return new ListenError(`The page was not opened: ${why}.`, { cause: error })
}
