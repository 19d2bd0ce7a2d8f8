import { createHash } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  ExternalStorage,
  type Payload,
  type StorageDriver,
  StorageDriverClaim,
  type StorageDriverStoreContext,
} from '@temporalio/common'
import proto from '@temporalio/proto'
import { kindOf } from './failure.ts'
import { workspaceOf } from './names.ts'
import { inlineLimit } from './payload-size.ts'
import { PayloadUnreadable } from './payload-unreadable.ts'

/** Stands in every reference, so it stays. */
const ourDriver = 'parley'
const text = new TextDecoder()
const PayloadMessage = proto.temporal.api.common.v1.Payload

/** Where large payloads are kept, by key. The assets' `payloads` is one. */
export interface PayloadFiles {
  put(key: string, bytes: Uint8Array): Promise<void>
  bytes(key: string): Promise<Uint8Array>
}

/** In milliseconds. A workflow task has ten seconds; who still finds the store away then is repeated by Temporal. */
const pauses = [100, 300, 600, 1_000, 2_000]

const keyText = /^([\w-][\w.-]*)\/(ws_[\w.-]+)\/([0-9a-f]{64})$/

/** The folder with the payloads of one workflow. They go when Temporal forgets it. */
export const payloadFolder = (namespace: string, workflowId: string): string =>
  `${namespace}/${workflowId.replaceAll(':', '_')}`

/** The workflow whose payloads are in a folder of that name. */
export const ownerOfFolder = (name: string): string => name.replaceAll('_', ':')

/** The workflow that a reference to a stored payload names; undefined when it is none of ours. */
export const ownerOfKey = (key: string): string | undefined => {
  const folder = keyText.exec(key)?.[2]
  return folder && ownerOfFolder(folder)
}

/** The key in a reference to a stored payload; undefined when the payload is no reference to one of ours. */
export function keyOfReference({ metadata, data }: Payload): string | undefined {
  if (!metadata?.messageType || !data) return undefined
  if (text.decode(metadata.messageType) !== 'temporal.api.sdk.v1.ExternalStorageReference') return undefined
  const { driverName, claimData } = readJson(data)
  return driverName === ourDriver ? claimData?.key : undefined
}

/**
 * Payloads from 64 KB on travel as references: Temporal's histories stay small, workflows and activities see plain
 * values. Each is kept under the workflow it belongs to and its own hash, so storing it again changes nothing.
 */
export const externalStorage = (files: PayloadFiles): ExternalStorage => {
  const driver = createDriver(files)
  return new ExternalStorage({
    drivers: [driver],
    payloadSizeThreshold: inlineLimit,
    driverSelector: ({ target }) => (target?.kind === 'workflow' && workspaceOf(target.id) ? driver : null),
  })
}

const createDriver = (files: PayloadFiles): StorageDriver => ({
  name: ourDriver,
  type: 'parley.assets',
  store: ({ target, abortSignal }, payloads) => {
    const folder = folderOf(target)
    return Promise.all(
      payloads.map(async (payload) => {
        const bytes = PayloadMessage.encode(payload).finish()
        const key = `${folder}/${hashOf(bytes)}`
        await patiently(() => files.put(key, bytes), abortSignal)
        return new StorageDriverClaim({ key })
      }),
    )
  },
  retrieve: ({ abortSignal }, claims) =>
    Promise.all(claims.map(({ claimData }) => fetchPayload(files, claimData.key ?? '', abortSignal))),
})

/** @throws when the file is not there or is not what was stored */
export async function fetchPayload(files: PayloadFiles, key: string, signal?: AbortSignal): Promise<Payload> {
  const sha256 = keyText.exec(key)?.[3]
  if (!sha256) throw new PayloadUnreadable('a reference to a stored payload is not one of ours')
  const bytes = await patiently(() => files.bytes(key), signal)
  if (hashOf(bytes) !== sha256)
    throw new PayloadUnreadable(`the stored payload ${key} has been changed: put the file back as it was`)
  return PayloadMessage.decode(bytes)
}

function readJson(data: Uint8Array): { driverName?: string; claimData?: { key?: string } } {
  try {
    return Object(JSON.parse(text.decode(data)))
  } catch {
    return {}
  }
}

function folderOf(target: StorageDriverStoreContext['target']): string {
  if (!target?.id) throw new Error('a large payload belongs to no workflow')
  return payloadFolder(target.namespace, target.id)
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Tries again while the store does not answer. */
async function patiently<T>(act: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  for (const milliseconds of pauses) {
    try {
      return await act()
    } catch (error) {
      if (kindOf(error)?.code !== 'Unavailable') throw error
      await pause(milliseconds, undefined, signal ? { signal } : {})
    }
  }
  return act()
}
