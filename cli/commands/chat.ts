import { randomUUID } from 'node:crypto'
import { Command } from 'commander'
import { HttpProblem } from '../../client/http.ts'
import { isUuid } from '../../shared/contract/uuid.ts'
import { type Said, takeTurn } from '../chat/take-turn.ts'
import { type Chat, talk } from '../chat/talk.ts'
import type { Context } from '../context.ts'
import { findConversation } from '../find-workflow.ts'
import { UsageError } from '../usage-error.ts'

interface ChatOptions {
  session?: string
  message?: string
  trigger?: string
  param?: string[]
}

const collect = (value: string, before: string[] = []): string[] => [...before, value]

export const chatCommand = (contextOf: () => Context): Command =>
  new Command('chat')
    .description('talk with a workflow that converses')
    .argument(
      '[workflow]',
      'its name, a part of the name, or its id; without one the only one, or you choose',
    )
    .option('--session <uuid>', 'go on with this conversation')
    .option('--message <text>', 'say this, print what is replied, and end')
    .option('--trigger <id>', 'the same by a trigger of the workflow')
    .option('--param <name=value>', 'a parameter of the trigger (repeatable)', collect)
    .action(async (word: string | undefined, options: ChatOptions) => {
      const context = contextOf()
      const said = readSaid(options)
      if (!said && !context.dialogue)
        throw new UsageError('Nobody can type here: give --message "…", or --trigger with its id.')
      const chat = await openChat(word, options.session, context)
      if (said) context.end(await takeTurn(said, chat, context))
      else await talk(chat, context)
    })

function readSaid({ message, trigger, param = [] }: ChatOptions): Said | undefined {
  if (message !== undefined && trigger !== undefined)
    throw new UsageError('Give --message or --trigger, not both.')
  if (param.length > 0 && trigger === undefined) throw new UsageError('--param belongs to a --trigger.')
  if (message !== undefined) {
    if (message.trim() === '') throw new UsageError('--message is empty: say what you want to know.')
    return { userMessage: message }
  }
  return trigger === undefined ? undefined : { trigger: { id: trigger, parameters: readParameters(param) } }
}

const readParameters = (pairs: string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      if (at < 1) throw new UsageError(`--param is name=value, for example orderId=10017; “${pair}” came.`)
      return [pair.slice(0, at), pair.slice(at + 1)]
    }),
  )

/** A conversation that was begun, or one under an id of its own. */
async function openChat(
  word: string | undefined,
  given: string | undefined,
  { client, dialogue }: Context,
): Promise<Chat> {
  if (given !== undefined && !isUuid(given))
    throw new UsageError(`--session is the UUID of a conversation; “${given}” came.`)
  const chatSessionId = given?.toLowerCase() ?? randomUUID()
  const begun = given === undefined ? undefined : await sessionOf(chatSessionId, client)
  const card = begun && word === undefined ? undefined : await findConversation(word, client, dialogue)
  if (begun && card && card.workflowId !== begun.workflowId)
    throw new UsageError(
      `That conversation is with ${begun.workflowName}, not with ${card.name}: leave the name or --session out.`,
    )
  return {
    chatSessionId,
    begun,
    workflowId: begun?.workflowId ?? (card as { workflowId: string }).workflowId,
    name: begun?.workflowName ?? (card as { name: string }).name,
    welcome: card?.welcome ?? undefined,
  }
}

const sessionOf = async (chatSessionId: string, client: Context['client']) => {
  try {
    return await client.session(chatSessionId)
  } catch (error) {
    // Not begun yet: the first message begins it.
    if (error instanceof HttpProblem && error.status === 404) return undefined
    throw error
  }
}
