import { Command } from 'commander'
import type { Handoff } from '../../client/http.ts'
import type { Context } from '../context.ts'
import { nameOf, shortId } from '../conversation/names.ts'
import { oneLine } from '../screen/plain.ts'
import { alignColumns } from '../screen/render-table.ts'
import { UsageError } from '../usage-error.ts'
import { when } from './list.ts'

export const handoffsCommand = (contextOf: () => Context): Command =>
  new Command('handoffs')
    .description('conversations that wait for a person of your teams, or are with one')
    .action(async () => {
      const { client, screen, print } = contextOf()
      const { items } = await client.handoffs({ limit: 100 })
      const rows = items.map((one) => [
        shortId(one.requestId),
        when(one.openedAt),
        oneLine(one.team, 20),
        one.takenBy ? `with ${oneLine(nameOf(one.takenBy), 20)}` : 'waits',
        oneLine(one.note ?? one.workflowName),
      ])
      print(items.length > 0 ? alignColumns(rows, screen.columns) : ['No conversation waits for you.'], {
        items,
      })
    })
    .addCommand(
      verb('take', 'take a conversation, and see what was said').action(async (given: string) => {
        const { client, print } = contextOf()
        const { requestId, chatSessionId } = await oneOf(given, client)
        const taken = await client.takeHandoff(requestId)
        const { messages } = await client.session(chatSessionId)
        const said = messages.map(({ role, by, text }) => `${by ? nameOf(by) : role}: ${oneLine(text, 500)}`)
        print([...said, `It is yours: parley handoffs say ${shortId(requestId)} "…".`], {
          ...taken,
          messages,
        })
      }),
    )
    .addCommand(
      verb('say', 'say something to the user')
        .argument('<text>', 'what to say, in Markdown')
        .action(async (given: string, text: string) => {
          const { client, print } = contextOf()
          const { requestId } = await oneOf(given, client)
          print(['Said.'], await client.sayInHandoff(requestId, { text }))
        }),
    )
    .addCommand(
      verb('return', 'hand the conversation back to its workflow')
        .option('--note <text>', 'for the steps that follow')
        .action(async (given: string, { note }: { note?: string }) => {
          const { client, print } = contextOf()
          const { requestId } = await oneOf(given, client)
          print(['Handed back.'], await client.returnHandoff(requestId, note ? { note } : {}))
        }),
    )

const verb = (name: string, description: string): Command =>
  new Command(name)
    .description(description)
    .argument('<handoff>', 'the id of the handoff, or the beginning of it')

async function oneOf(given: string, client: Context['client']): Promise<Handoff> {
  const { items } = await client.handoffs({ limit: 100 })
  const [only, ...others] = items.filter(({ requestId }) => requestId.startsWith(given.toLowerCase()))
  if (!only) throw new UsageError(`No open handoff begins with ${given}: see parley handoffs.`)
  if (others.length > 0) throw new UsageError(`Several handoffs begin with ${given}: give more of the id.`)
  return only
}
