import { Context, heartbeat } from '@temporalio/activity'
import OpenAI from 'openai'
import type { Json } from '../../shared/contract/json.ts'
import { idFrom } from '../../storage/id-from.ts'
import { tell } from '../../storage/live/live.ts'
import type { Database } from '../../storage/sql/database.ts'
import { rememberTurn } from '../../storage/sql/memory.ts'
import { journal } from '../../storage/sql/schema.ts'
import { orders } from '../talk.ts'
import { askModel } from './ask-model.ts'
import type { TalkActivities, TurnOrder } from './talk-orders.ts'

interface Deps {
  db: Database
  model: { baseUrl: string; name: string }
  ordersUrl: string
}

/**
 * The activities of the hand-written conversations: the same calls of the same model and the same system, and what was
 * said stored for readers and for the turns that follow. There is no log of the steps and their calls.
 */
export function createTalkActivities({ db, model, ordersUrl }: Deps): TalkActivities {
  const openai = new OpenAI({ baseURL: model.baseUrl, apiKey: 'bench', maxRetries: 0, logLevel: 'off' })

  const classify = async ({ said, recent }: TurnOrder): Promise<string> => {
    const { text } = await askModel(
      openai,
      {
        model: model.name,
        messages: [
          {
            role: 'system',
            content: `You classify for My workspace. Answer with JSON only.\n${shown(recent)}`,
          },
          {
            role: 'user',
            content: `Intents:\n- order: Asks about an order\n\n<text>\n${said.text}\n</text>`,
          },
        ],
        response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: intentSchema } },
      },
      signal(),
    )
    return (JSON.parse(text) as { intent: string }).intent
  }

  const reply: TalkActivities['reply'] = async ({ input, said, recent, used }) => {
    const { chatSessionId } = input
    const { text, call } = await askModel(
      openai,
      {
        model: model.name,
        messages: [
          {
            role: 'system',
            content: `You answer for My workspace about orders, politely, in plain text.\n${shown(recent)}`,
          },
          { role: 'user', content: said.text },
          ...(used
            ? [
                {
                  role: 'assistant' as const,
                  tool_calls: [{ id: 'call_0', type: 'function' as const, function: used.call }],
                },
                { role: 'tool' as const, tool_call_id: 'call_0', content: JSON.stringify(used.result) },
              ]
            : []),
        ],
        tools: [
          {
            type: 'function',
            function: {
              name: orders.operation.name,
              description: orders.operation.description,
              parameters: orders.operation.arguments,
            },
          },
        ],
      },
      signal(),
      (piece, offset) =>
        tell(db, {
          t: 'delta',
          streamId: chatSessionId,
          instanceUuid: said.instanceUuid,
          messageId: idFrom(`${said.instanceUuid}:live`),
          path: 'reply',
          attempt: 1,
          offset,
          text: piece,
        }),
    )
    return call ? { call } : { text: text.trim() }
  }

  const callTool: TalkActivities['callTool'] = async (call) => {
    const { id } = JSON.parse(call.arguments) as { id: string }
    const answer = await fetch(`${ordersUrl}/orders/${encodeURIComponent(id)}`, { signal: signal() })
    if (!answer.ok) throw new Error(`the shop answered ${answer.status}`)
    return (await answer.json()) as Json
  }

  const store: TalkActivities['store'] = ({ input, said, number, reply: text }) =>
    db.transaction(async (tx) => {
      const { workspaceId, appId, chatSessionId, userId } = input
      const { instanceUuid } = said
      const of = { streamId: chatSessionId, workspaceId, instanceUuid, event: 'message', at: new Date() }
      const written = await tx
        .insert(journal)
        .values([
          {
            ...of,
            seq: 2 * number - 1,
            key: `${instanceUuid}:said`,
            data: { role: 'user', text: said.text },
          },
          { ...of, seq: 2 * number, key: `${instanceUuid}:reply`, data: { role: 'agent', text } },
        ])
        .onConflictDoNothing()
        .returning({ seq: journal.seq })
      // An earlier attempt stored it.
      if (written.length === 0) return
      await rememberTurn(tx, { workspaceId, chatSessionId, instanceUuid }, { user: said.text, agent: text })
      await tell(tx, {
        t: 'journal',
        workspaceId,
        appId,
        streamId: chatSessionId,
        instanceUuid,
        seq: 2 * number,
        status: 'completed',
        percent: 100,
        startedById: userId,
      })
    })

  return {
    classify: (order) => alive(() => classify(order)),
    reply: (order) => alive(() => reply(order)),
    callTool: (call) => alive(() => callTool(call)),
    store,
    wholeTurn: (order) =>
      alive(async () => {
        if ((await classify(order)) !== 'order') return 'I can help with orders.'
        let step = await reply(order)
        while (step.call)
          step = await reply({ ...order, used: { call: step.call, result: await callTool(step.call) } })
        await store({ ...order, reply: step.text })
        return step.text
      }),
  }
}

const signal = () => Context.current().cancellationSignal

/** Heartbeats while it works, so that it hears of a cancel. */
async function alive<T>(work: () => Promise<T>): Promise<T> {
  const beat = setInterval(() => heartbeat(), 400)
  try {
    return await work()
  } finally {
    clearInterval(beat)
  }
}

const shown = (recent: TurnOrder['recent']): string =>
  recent.map(({ user, agent }) => `User: ${user}\nAgent: ${agent}`).join('\n\n')

const intentSchema = {
  type: 'object',
  required: ['intent', 'confidence'],
  properties: { intent: { type: 'string', enum: ['order', 'none'] }, confidence: { type: 'number' } },
}
