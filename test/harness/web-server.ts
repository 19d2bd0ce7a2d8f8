import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a server outside got it. */
export interface Received {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

export interface WebServer {
  /** `http://127.0.0.1:port` */
  url: string
  port: number
  received: Received[]
  /** How many connections were made to it. */
  connections(): number
  /** How many answers were cut off by the caller. */
  cutOff(): number
  close(): Promise<void>
}

/** A server outside of Parley on a port of its own, which answers as the test says. */
export async function startWebServer(
  answer: (request: Received, response: ServerResponse) => void,
  host = '127.0.0.1',
  given = 0,
): Promise<WebServer> {
  const received: Received[] = []
  let connections = 0
  let cutOff = 0
  const server = createServer((req, res) => {
    const pieces: Buffer[] = []
    res.once('close', () => {
      if (!res.writableFinished) cutOff++
    })
    req.on('data', (piece) => pieces.push(piece))
    req.on('end', () => {
      const one = {
        method: req.method ?? '',
        path: req.url ?? '',
        headers: req.headers,
        body: Buffer.concat(pieces).toString(),
      }
      received.push(one)
      answer(one, res)
    })
  })
  server.on('connection', () => connections++)
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(given, host, resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    received,
    connections: () => connections,
    cutOff: () => cutOff,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Answers with JSON. */
export const sendJson = (response: ServerResponse, value: unknown, status = 200, headers = {}): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value))
}
