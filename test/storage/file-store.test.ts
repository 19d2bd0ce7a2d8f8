import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { parseAssetsUrl } from '../../shared/assets-address.ts'
import { openBucket } from '../../storage/assets/bucket.ts'
import type { FileStore } from '../../storage/assets/file-store.ts'
import { openFolder } from '../../storage/assets/folder.ts'
import { type S3Server, startS3 } from '../harness/s3-server.ts'
import { tempFolder } from '../harness/temp-folder.ts'

let s3: S3Server
const folder = tempFolder()
const stores = {} as Record<string, FileStore>
beforeAll(async () => {
  s3 = await startS3()
  stores.folder = await openFolder(folder.path)
  stores.bucket = openBucket(s3.address)
})
afterAll(async () => {
  await s3.close()
  folder.remove()
})

const all = async <T>(some: AsyncIterable<T>): Promise<T[]> => {
  const found: T[] = []
  for await (const one of some) found.push(one)
  return found
}

describe.each(['folder', 'bucket'])('a %s', (kind) => {
  const store = () => stores[kind] as FileStore

  it('gives back what was put, whole, as a stream and as a file', async () => {
    const bytes = randomBytes(300_000)
    await store().put('a/b/one.original', bytes)
    expect(Buffer.from(await store().bytes('a/b/one.original')).equals(bytes)).toBe(true)
    expect((await buffer(await store().stream('a/b/one.original'))).equals(bytes)).toBe(true)
    let path = ''
    const onDisk = await store().onDisk('a/b/one.original', (given) => {
      path = given
      return readFile(given)
    })
    expect(onDisk.equals(bytes)).toBe(true)
    if (kind === 'bucket') await expect(readFile(path)).rejects.toThrow('ENOENT')
  })

  it('takes streams whose length nobody knows, longer than one part', async () => {
    const chunks = Array.from({ length: 13 }, () => randomBytes(1_000_000))
    await store().putStream('a/b/long', Readable.from(chunks))
    expect(Buffer.from(await store().bytes('a/b/long')).equals(Buffer.concat(chunks))).toBe(true)
  })

  it.each([1, 12])('leaves nothing of a stream that breaks off after %i MB', async (megabytes) => {
    async function* broken() {
      for (let sent = 0; sent < megabytes; sent++) yield randomBytes(1_000_000)
      throw new Error('cut off')
    }
    await expect(store().putStream('a/c/broken', Readable.from(broken()))).rejects.toThrow('cut off')
    await expect(store().bytes('a/c/broken')).rejects.toThrow()
    expect(await all(store().files('a/c'))).toEqual([])
  })

  it('lists folders and files, and forgets what is removed, as often as one likes', async () => {
    const before = Date.now() - 2_000
    for (const key of ['list/x/1', 'list/x/2', 'list/y/1']) await store().put(key, randomBytes(10))
    expect((await all(store().folders('list'))).sort()).toEqual(['x', 'y'])
    expect((await all(store().folders('nowhere'))).sort()).toEqual([])
    const files = await all(store().files('list/x'))
    expect(files.map(({ key }) => key).sort()).toEqual(['list/x/1', 'list/x/2'])
    expect(files.every(({ writtenAt }) => writtenAt.getTime() >= before)).toBe(true)
    for (const { key } of files) await store().remove(key)
    await store().remove('list/x/1')
    expect(await all(store().folders('list'))).toEqual(['y'])
  })

  it.each(['../x', 'a/../../x', '/x', 'a//x', 'a/.x', 'a\\x', ''])('has no key %s', async (key) => {
    await expect((async () => store().put(key, randomBytes(1)))()).rejects.toThrow('plain words')
  })
})

it('a bucket that is away, or refuses the key, is not available; when it is back it has what it had', async () => {
  const bucket = stores.bucket as FileStore
  await bucket.put('kept', Buffer.from('kept'))
  await s3.goAway()
  const unavailable = { code: 'Unavailable', headers: { 'Retry-After': '2' } }
  await expect(bucket.bytes('kept')).rejects.toMatchObject(unavailable)
  await expect(bucket.putStream('new', Readable.from([randomBytes(10)]))).rejects.toMatchObject(unavailable)
  await s3.comeBack()
  expect(Buffer.from(await bucket.bytes('kept')).toString()).toBe('kept')
  const stranger = openBucket({
    ...s3.address,
    credentials: { accessKeyId: 'stranger', secretAccessKey: 'S3RVER' },
  })
  await expect(stranger.put('new', randomBytes(10))).rejects.toMatchObject(unavailable)
})

it('two installations with prefixes of their own share a bucket', async () => {
  const other = openBucket({ ...s3.address, prefix: 'two/' })
  await stores.bucket?.put('same', Buffer.from('one'))
  await other.put('same', Buffer.from('two'))
  expect(Buffer.from((await stores.bucket?.bytes('same')) ?? []).toString()).toBe('one')
})

it.each([
  ['file:///srv/files', { kind: 'folder', folder: '/srv/files' }],
  ['file:///srv/my%20files', { kind: 'folder', folder: '/srv/my files' }],
  ['s3://files?region=eu-central-1', { kind: 'bucket', bucket: 'files', prefix: '', region: 'eu-central-1' }],
  [
    's3://key:a%2Fb@minio:9000/files?ssl=false&prefix=parley',
    {
      kind: 'bucket',
      bucket: 'files',
      prefix: 'parley/',
      endpoint: 'http://minio:9000',
      credentials: { accessKeyId: 'key', secretAccessKey: 'a/b' },
    },
  ],
])('ASSETS_URL %s', (text, address) => {
  expect(parseAssetsUrl(text)).toEqual(address)
})

it.each([
  'files',
  'http://minio/files',
  'file://host/files',
  's3://',
  's3://FILES_',
  's3://key@minio:9000/files',
  's3://key:a/b@minio:9000/files',
  's3://minio:9000',
  's3://minio:9000/a/b',
  's3://files?ssl=false',
  's3://files?regoin=x',
  's3://files?prefix=../x',
])('ASSETS_URL is not %s', (text) => {
  expect(parseAssetsUrl(text)).toBeUndefined()
})
