import { setTimeout as pause } from 'node:timers/promises'
import type { MessageBody } from '../../shared/contract/api/chat.ts'
import { type Caller, personOf } from '../../shared/contract/api/scope.ts'
import type { MessageInput, MessageTaken } from '../../shared/contract/chat.ts'
import { Refusal } from '../../shared/contract/errors.ts'
import { describeSession } from '../../shared/temporal/describe-session.ts'
import { sessionWorkflowId } from '../../shared/temporal/names.ts'
import { idFrom } from '../../storage/id-from.ts'
import { claimSession } from '../../storage/sql/claim-session.ts'
import { findFiles } from '../../storage/sql/find-files.ts'
import { findMessage, findOpenTurn, findSessionOf } from '../../storage/sql/find-session.ts'
import type { SessionRow } from '../../storage/sql/lock-session.ts'
import { addSecureValues } from '../../storage/sql/secure-values.ts'
import type { Deps } from '../deps.ts'
import { asRefusal } from '../errors.ts'
import type { Try } from '../once.ts'
import { fileValueOf, withKnownFiles } from '../runs/known-files.ts'
import { sealMetadata } from '../secure/seal-metadata.ts'
import { mustFindSession } from './must-find-session.ts'
import { checkOffered, contextOf, pageOf } from './page-of.ts'
import { checkTrigger, speakable } from './speakable.ts'
import { untilSeen } from './until-seen.ts'

export interface Sent {
  session: SessionRow
  taken: MessageTaken
  /** The journal's last entry before the message. */
  since: number
}

/**
 * Says something in a conversation. It is made the caller's first, so that of two who take the same id one has it; then
 * one round trip to Temporal starts it, or reaches it.
 * @throws Refusal
 */
export async function sendMessage(
  deps: Deps,
  caller: Caller,
  chatSessionId: string,
  body: MessageBody,
  one: Try,
): Promise<Sent> {
  const before = await findSessionOf(deps.db, caller, chatSessionId)
  const spot = await pageOf(deps.db, caller, body)
  const named = spot?.workflowId ?? body.workflowId
  const { workflowId, version, definition } = await speakable(deps.db, caller, before, { workflowId: named })
  if (spot) checkOffered(spot, workflowId, body)
  checkTrigger(definition, body.trigger)
  const uiFlowContext = spot ? contextOf(spot, body) : body.uiFlowContext
  const message = await withFiles(deps, caller, { ...body, uiFlowContext })
  const startedBy = personOf(caller)
  if (!before)
    await claimSession(deps.db, {
      chatSessionId,
      workspaceId: caller.workspaceId,
      appId: caller.appId,
      workflowId,
      version,
      workflowName: definition.name,
      startedById: caller.userId,
      startedBy,
      temporalWorkflowId: sessionWorkflowId(caller.workspaceId, chatSessionId),
    })
  const session = before ?? (await mustFindSession(deps.db, caller, chatSessionId))
  if (session.workflowId !== workflowId)
    throw new Refusal(
      'Conflict',
      'workflowId: this conversation is with another workflow; take a new session id',
    )
  const { handles, values } = await sealMetadata(deps, caller, body.secureMetadata, one)
  await addSecureValues(deps.db, { ...caller, ownerId: chatSessionId }, values)
  const said = { ...message, ...(handles ? { secureMetadata: handles } : {}), by: startedBy }
  return deliver(deps, caller, session, definition.name, said, one)
}

type Said = Pick<MessageBody, 'userMessage' | 'trigger' | 'uiFlowContext' | 'fileIds' | 'variables'>
type Message = Said & Pick<MessageInput, 'attachments' | 'secureMetadata'>

/** How long a conversation that just ends is waited for, so that the message starts it anew. */
const endsWithin = 20_000

/** Hands a message to the conversation, which is started where it does not run. */
export async function deliver(
  deps: Deps,
  caller: Caller,
  session: SessionRow,
  workflowName: string,
  {
    userMessage,
    trigger,
    uiFlowContext,
    fileIds,
    attachments,
    variables,
    secureMetadata,
    by,
  }: Message & { by: ReturnType<typeof personOf> },
  one: Try,
): Promise<Sent> {
  const { chatSessionId, workflowId, nextSeq, isTest } = session
  // What a try before this one was told may stand further up.
  const since = one.again ? 0 : nextSeq - 1
  const messageId = idFrom(`${one.seed}:message`)
  const startedBy = session.startedBy ?? by
  const known = async (): Promise<MessageTaken | undefined> => {
    const found = await findMessage(deps.db, session, messageId)
    return found?.instanceUuid
      ? { instanceUuid: found.instanceUuid, messageId, status: found.status }
      : undefined
  }
  // A try that broke off may have been taken, and its conversation may be over by now: it is not said twice.
  const done = one.again ? await known() : undefined
  const seenBusy = (await findOpenTurn(deps.db, session)) !== undefined
  const order = { workflowId, chatSessionId, startedBy, ...(isTest ? { isTest } : {}) }
  const send = () =>
    deps.engine(caller).sendMessage(
      { ...order, ...describeSession({ ...order, workflowName }) },
      {
        messageId,
        by,
        ...(userMessage === undefined ? {} : { userMessage }),
        ...(trigger ? { trigger } : {}),
        ...(uiFlowContext ? { uiFlowContext } : {}),
        ...(fileIds ? { fileIds } : {}),
        ...(attachments ? { attachments } : {}),
        ...(variables ? { variables } : {}),
        ...(secureMetadata ? { secureMetadata } : {}),
        ...(seenBusy ? { seenBusy } : {}),
      },
      { updateId: messageId },
    )
  const taken = done ?? (await orAnew(send, known))
  await untilSeen(async () => (await findMessage(deps.db, session, messageId, since)) !== undefined)
  return { session, taken, since }
}

/** A conversation that is just ending takes nothing more: a moment later the message starts it anew. */
async function orAnew(
  send: () => Promise<MessageTaken>,
  known: () => Promise<MessageTaken | undefined>,
): Promise<MessageTaken> {
  for (const until = Date.now() + endsWithin; ; await pause(50)) {
    try {
      return await send()
    } catch (error) {
      if (asRefusal(error)?.code !== 'NotRunning' || Date.now() > until) throw error
      const done = await known()
      if (done) return done
    }
  }
}

/** @throws Refusal `Invalid` for a file that the caller may not read */
export async function withFiles(deps: Deps, caller: Caller, body: Said): Promise<Message> {
  const { fileIds = [], userMessage, trigger, uiFlowContext, variables } = body
  const found = new Map((await findFiles(deps.db, caller, fileIds)).map((file) => [file.fileId, file]))
  const attachments = fileIds.map((fileId) => {
    const file = found.get(fileId)
    if (file) return fileValueOf(file)
    const message = `no file has the id ${fileId}: upload it first`
    throw new Refusal('Invalid', `fileIds: ${message}`, { problems: [{ path: 'fileIds', message }] })
  })
  const values = await withKnownFiles(deps.db, caller, {
    ...(uiFlowContext ? { uiFlowContext } : {}),
    ...(variables ? { variables } : {}),
  })
  return { userMessage, trigger, ...(fileIds.length > 0 ? { fileIds, attachments } : {}), ...values }
}
