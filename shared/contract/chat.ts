import { z } from 'zod'
import { FileValue } from './file.ts'
import { JsonValue } from './json.ts'
import { Person } from './person.ts'
import { SecureHandles } from './secure-metadata.ts'
import { isUuid } from './uuid.ts'

/** The contract's words for a turn without a message. */
export const messageIsMandatory = 'The user message is mandatory in conversational workflows.'

const Uuid = z
  .string()
  .refine(isUuid, {
    error: (issue) => `Invalid UUID string: ${String(issue.input)}`,
  })
  .transform((text) => text.toLowerCase())

/** A chat session's id. Anything else than a UUID gets the contract's words. */
export const ChatSessionId = Uuid

/** What a page tells of itself: a JSON object. */
export const UiFlowContext = z.record(z.string(), JsonValue, 'uiFlowContext must be a JSON object')

/** Input of the `conversation` workflow, also when another Temporal client starts it. */
export const ConversationInput = z.object({
  workspaceId: Uuid,
  appId: Uuid,
  workflowId: Uuid,
  /** A published version; the newest when left out. */
  version: z.int32().positive().optional(),
  chatSessionId: ChatSessionId,
  uiFlowContext: UiFlowContext.optional(),
  variables: z.record(z.string(), JsonValue).optional(),
  secureMetadata: SecureHandles.optional(),
  channel: z.string().min(1).max(100).optional(),
  startedBy: Person.optional(),
  /** The current draft at every turn, instead of a version. */
  isTest: z.boolean().optional(),
})
export type ConversationInput = z.infer<typeof ConversationInput>

export const TriggerCall = z.object({
  id: z.string().min(1).max(64),
  parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
})
export type TriggerCall = z.infer<typeof TriggerCall>

/** `message`: what a person says, in words or by a trigger. */
export const MessageInput = z
  .object({
    /** Made by who sends it. The same id is the same message. */
    messageId: Uuid,
    userMessage: z.string().max(100_000).optional(),
    trigger: TriggerCall.optional(),
    uiFlowContext: UiFlowContext.optional(),
    fileIds: z.array(Uuid).max(100).optional(),
    /** What is known of those files, to be shown with the message. */
    attachments: z.array(FileValue).max(100).optional(),
    variables: z.record(z.string(), JsonValue).optional(),
    secureMetadata: SecureHandles.optional(),
    by: Person.optional(),
    /** The sender saw that a turn is under way: that the message waits is told at once. */
    seenBusy: z.boolean().optional(),
  })
  .refine(({ userMessage, trigger }) => trigger !== undefined || userMessage?.trim(), messageIsMandatory)
  .refine(({ userMessage, trigger }) => !trigger || userMessage === undefined, {
    message: 'give a userMessage or a trigger, not both',
  })
export type MessageInput = z.infer<typeof MessageInput>

/** What became of a message: a turn of its own, a place in the queue, the answer to an open question, or passed on to a person. */
export const MessageTaken = z.object({
  instanceUuid: z.uuid(),
  messageId: z.uuid(),
  status: z.enum(['running', 'queued', 'answered', 'passedOn']),
})
export type MessageTaken = z.infer<typeof MessageTaken>

export const EndInput = z.object({ reason: z.enum(['ended', 'deactivated', 'deleted']).optional() })
export type EndInput = z.infer<typeof EndInput>

export const CancelTurnInput = z.object({ instanceUuid: Uuid.optional() })
export type CancelTurnInput = z.infer<typeof CancelTurnInput>

export const RemoveMessageInput = z.object({ messageId: Uuid })
export type RemoveMessageInput = z.infer<typeof RemoveMessageInput>

export const EndReason = z.enum(['ended', 'idle', 'deactivated', 'deleted', 'failed'])
export type EndReason = z.infer<typeof EndReason>

/**
 * The message of a trigger, its placeholders filled in: with the value given, else with the default. One that has neither
 * stays as it is, and so does one that the trigger does not know. Plain substitution, no expression.
 */
export function resolveTrigger(
  {
    message,
    parameters = [],
  }: { message: string; parameters?: { name: string; default?: string | undefined }[] | undefined },
  given: TriggerCall['parameters'] = {},
): string {
  const defaults = new Map(parameters.map((one) => [one.name, one.default ?? '']))
  return message.replace(/\$\{\s*([A-Za-z][A-Za-z0-9_]*)\s*\}/g, (placeholder, name: string) => {
    if (!defaults.has(name)) return placeholder
    const value = Object.hasOwn(given, name) ? String(given[name]) : ''
    return value || defaults.get(name) || placeholder
  })
}
