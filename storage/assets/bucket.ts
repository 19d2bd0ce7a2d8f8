import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandOutput,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import type { BucketAddress } from '../../shared/assets-address.ts'
import { faultOfBucket } from './bucket-fault.ts'
import { checkKey, type FileStore } from './file-store.ts'

/** Files in a bucket of Amazon S3 or of a server that speaks its protocol. Nothing is asked of it before the first use. */
export function openBucket({ bucket, prefix, endpoint, region, credentials }: BucketAddress): FileStore {
  const client = new S3Client({
    ...(endpoint ? { endpoint, forcePathStyle: true } : {}),
    ...(region ? { region } : endpoint ? { region: 'us-east-1' } : {}),
    ...(credentials ? { credentials } : {}),
    // Many servers do not know the newer checksums; the signature covers the bytes.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 30_000 },
  })
  const place = (key: string) => ({ Bucket: bucket, Key: `${prefix}${checkKey(key)}` })
  const told = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act()
    } catch (error) {
      throw faultOfBucket(error)
    }
  }
  const stream = (key: string) =>
    told(async () => (await client.send(new GetObjectCommand(place(key)))).Body as Readable)

  async function* pages(folder: string): AsyncIterable<ListObjectsV2CommandOutput> {
    let from: string | undefined
    do {
      const page = await told(() =>
        client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: `${place(folder).Key}/`,
            Delimiter: '/',
            ...(from ? { ContinuationToken: from } : {}),
          }),
        ),
      )
      yield page
      from = page.NextContinuationToken
    } while (from)
  }

  return {
    put: (key, bytes) =>
      told(async () => {
        await client.send(new PutObjectCommand({ ...place(key), Body: bytes }))
      }),
    putStream: async (key, body) => {
      let broken: unknown
      body.once('error', (error) => (broken = error))
      try {
        // Its length is not known before its end, so it goes in parts; a part that fails takes the others with it.
        await new Upload({ client, params: { ...place(key), Body: body }, queueSize: 2 }).done()
      } catch (error) {
        throw broken ?? faultOfBucket(error)
      }
    },
    bytes: (key) =>
      told(async () => {
        const found = await client.send(new GetObjectCommand(place(key)))
        return (await found.Body?.transformToByteArray()) ?? new Uint8Array()
      }),
    stream,
    onDisk: async (key, read) => {
      const path = join(tmpdir(), `parley-${randomUUID()}`)
      try {
        const body = await stream(key)
        await told(() => pipeline(body, createWriteStream(path)))
        return await read(path)
      } finally {
        await rm(path, { force: true })
      }
    },
    remove: (key) =>
      told(async () => {
        await client.send(new DeleteObjectCommand(place(key)))
      }),
    folders: async function* (folder) {
      for await (const { CommonPrefixes = [] } of pages(folder))
        for (const { Prefix = '' } of CommonPrefixes) yield Prefix.split('/').at(-2) ?? ''
    },
    files: async function* (folder) {
      for await (const { Contents = [] } of pages(folder))
        for (const { Key = '', LastModified } of Contents)
          if (LastModified) yield { key: Key.slice(prefix.length), writtenAt: LastModified }
    },
  }
}
