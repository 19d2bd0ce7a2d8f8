import type { Payload } from '@temporalio/common'
import type { WirePayload } from '../../shared/contract/api/codec.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { encryptedFor } from '../../shared/temporal/codec.ts'
import { jobWorkflowId, workspaceOf } from '../../shared/temporal/names.ts'
import { fetchPayload, keyOfReference, ownerOfKey } from '../../shared/temporal/payload-files.ts'
import { countWorkspaces, type Identity, listWorkspaces } from '../../storage/sql/find-identity.ts'
import type { Deps } from '../deps.ts'

type CodecDeps = Pick<Deps, 'db' | 'assets' | 'codec'>

/** Which payloads a caller may read: a workspace's id, or null for what belongs to none. */
type MayRead = (workspaceId: string | null | undefined) => boolean

/** @throws Refusal where there is no key, or the caller is no admin */
export async function decodePayloads(
  deps: CodecDeps,
  identity: Identity,
  payloads: WirePayload[],
  { keepReferences }: { keepReferences: boolean },
): Promise<WirePayload[]> {
  const codec = must(deps)
  const { mayRead } = await rightsOf(deps, identity)
  const read = async (payload: Payload): Promise<Payload> => {
    const key = keepReferences ? undefined : keyOfReference(payload)
    const isMine = key !== undefined && mayRead(workspaceOf(ownerOfKey(key)))
    const found = isMine ? await fetchPayload(deps.assets.payloads, key) : payload
    if (!mayRead(encryptedFor(found))) return found
    const [decoded] = await codec.decode([found])
    return decoded ?? found
  }
  return Promise.all(payloads.map(async (wire) => toWire(await read(fromWire(wire)))))
}

/** @throws Refusal where there is no key, or the caller is no admin */
export async function encodePayloads(
  deps: CodecDeps,
  identity: Identity,
  payloads: WirePayload[],
): Promise<WirePayload[]> {
  const codec = must(deps)
  const { workspaceIds } = await rightsOf(deps, identity)
  const [workspaceId] = workspaceIds
  // The protocol does not say for which workflow: any of the workspace will do to choose its key.
  const context =
    workspaceId && workspaceIds.length === 1
      ? { type: 'workflow' as const, namespace: '', workflowId: jobWorkflowId(workspaceId, 'any') }
      : undefined
  return (await codec.encode(payloads.map(fromWire), context)).map(toWire)
}

function must({ codec }: CodecDeps): NonNullable<Deps['codec']> {
  if (codec) return codec
  throw new Refusal('NotFound', 'payloads are not encrypted here: PARLEY_ENCRYPTION_KEY is not set')
}

async function rightsOf(
  { db }: CodecDeps,
  identity: Identity,
): Promise<{ workspaceIds: string[]; mayRead: MayRead }> {
  const workspaceIds = (await listWorkspaces(db, identity))
    .filter(({ roles }) => roles.includes('admin'))
    .map(({ workspaceId }) => workspaceId)
  if (workspaceIds.length === 0) throw new Refusal('Forbidden', 'this needs the role admin')
  // What belongs to no workspace may be anybody's: it is for who may read everybody's.
  const ofAll = workspaceIds.length === (await countWorkspaces(db))
  return {
    workspaceIds,
    mayRead: (workspaceId) =>
      workspaceId === null ? ofAll : workspaceId !== undefined && workspaceIds.includes(workspaceId),
  }
}

const fromWire = ({ metadata = {}, data, externalPayloads }: WirePayload): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  ),
  ...(data === undefined ? {} : { data: Buffer.from(data, 'base64') }),
  // Nobody looks into it; it only comes back with a payload that was not opened.
  ...(externalPayloads ? { externalPayloads: externalPayloads as Payload['externalPayloads'] & object } : {}),
})

const toWire = ({ metadata, data, externalPayloads }: Payload): WirePayload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  ...(data ? { data: Buffer.from(data).toString('base64') } : {}),
  ...(externalPayloads?.length
    ? { externalPayloads: externalPayloads as WirePayload['externalPayloads'] & object }
    : {}),
})
