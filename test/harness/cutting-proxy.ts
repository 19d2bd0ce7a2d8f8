import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** Stands between a reader and a server, and cuts their connections. */
export interface CuttingProxy {
  url: string
  /** Connections that were cut so far. */
  cuts(): number
  close(): Promise<void>
}

/**
 * @param target the server's address
 * @param allow how many bytes of the server's answer a new connection lets through before it is cut, wherever that is;
 * undefined where it is not
 */
export async function startCuttingProxy(
  target: string,
  allow: () => number | undefined,
): Promise<CuttingProxy> {
  const { hostname, port } = new URL(target)
  const open = new Set<Socket>()
  let cuts = 0
  const server = createServer((reader) => {
    const inner = connect(Number(port), hostname)
    let left = allow() ?? Number.POSITIVE_INFINITY
    const end = () => {
      reader.destroy()
      inner.destroy()
    }
    for (const socket of [reader, inner]) {
      open.add(socket)
      socket.setNoDelay(true)
      socket.on('error', end).on('close', () => {
        open.delete(socket)
        end()
      })
    }
    reader.pipe(inner)
    inner.on('data', (bytes: Buffer) => {
      if (bytes.length < left) {
        left -= bytes.length
        reader.write(bytes)
        return
      }
      inner.pause()
      cuts += 1
      // What goes through reaches the reader before the end does.
      reader.end(bytes.subarray(0, left), end)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cuts: () => cuts,
    close: async () => {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
