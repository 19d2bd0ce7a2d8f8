import { fileURLToPath } from 'node:url'
import type { DataConverter } from '@temporalio/common'
import { createCodec } from './codec.ts'
import { externalStorage, type PayloadFiles } from './payload-files.ts'

export interface Conversion {
  payloads: PayloadFiles
  /** The first one encrypts, all of them decrypt. Without any, payloads are plain. */
  encryptionKeys?: readonly Buffer[] | undefined
}

export const failureConverterPath = fileURLToPath(new URL('failure-converter.ts', import.meta.url))

/**
 * How values travel through Temporal, for workers and clients alike: encrypted where there is a key, and then by reference
 * where they are large, so that what is stored outside is encrypted too.
 */
export const createDataConverter = ({ payloads, encryptionKeys = [] }: Conversion): DataConverter => ({
  externalStorage: externalStorage(payloads),
  ...(encryptionKeys.length > 0
    ? { payloadCodecs: [createCodec(encryptionKeys)], failureConverterPath }
    : {}),
})
