import type { AddressInfo } from 'node:net'
import S3rver from 's3rver'
import type { BucketAddress } from '../../shared/assets-address.ts'
import { tempFolder } from './temp-folder.ts'

/** A server that speaks S3 and asks for a key, with one bucket; it can go away and come back with what it had. */
export interface S3Server {
  address: BucketAddress
  /** The same for the environment. */
  url: string
  goAway(): Promise<void>
  comeBack(): Promise<void>
  close(): Promise<void>
}

/** What the server knows its only user by. */
const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

export async function startS3(): Promise<S3Server> {
  const folder = tempFolder()
  const serve = async (port: number) => {
    const server = new S3rver({
      address: '127.0.0.1',
      port,
      silent: true,
      directory: folder.path,
      configureBuckets: [{ name: 'parley', configs: [] }],
    })
    const { port: given } = (await server.run()) as AddressInfo
    return { server, port: given }
  }
  const { server: first, port } = await serve(0)
  let server = first
  return {
    address: {
      kind: 'bucket',
      bucket: 'parley',
      prefix: 'one/',
      endpoint: `http://127.0.0.1:${port}`,
      credentials,
    },
    url: `s3://S3RVER:S3RVER@127.0.0.1:${port}/parley?ssl=false&prefix=one`,
    goAway: () => server.close(),
    comeBack: async () => {
      server = (await serve(port)).server
    },
    close: async () => {
      await server.close().catch(() => {})
      folder.remove()
    },
  }
}
