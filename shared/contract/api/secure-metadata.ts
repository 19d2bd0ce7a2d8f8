import { z } from 'zod'
import { SecureHandles, SecureMetadata } from '../secure-metadata.ts'
import { route } from './route.ts'
import { anyone, Id, runtime, Scope } from './scope.ts'

const owners =
  'name one: the instanceUuid of the run, or the chatSessionId of the conversation, that it is for'

const SealBody = z
  .strictObject({
    /** Of the run that will be started with them, or of the conversation: they are kept as long as that needs them. */
    instanceUuid: Id.optional(),
    chatSessionId: Id.optional(),
    secureMetadata: SecureMetadata.refine((given) => Object.keys(given).length > 0, 'at least one value'),
  })
  .refine(
    ({ instanceUuid, chatSessionId }) => (instanceUuid === undefined) !== (chatSessionId === undefined),
    {
      path: ['instanceUuid'],
      message: owners,
    },
  )

const Handles = z.object({ secureMetadata: SecureHandles }).meta({ id: 'SecureHandles' })

export const secureMetadata = {
  seal: route({
    name: 'sealSecureMetadata',
    method: 'post',
    path: `${runtime}/secure-metadata`,
    tag: 'Runs',
    summary:
      'Seals values, and gives the handles with which a Temporal client starts a run or speaks in a conversation',
    description:
      'Whoever starts runs over HTTP gives the values with the run. Handles open nothing by themselves; values that nothing was started with are deleted after a week.',
    access: anyone,
    params: Scope,
    body: SealBody,
    reply: { status: 201, description: 'Sealed', body: Handles },
    idempotent: true,
  }),
}
