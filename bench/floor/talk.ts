import {
  ActivityCancellationType,
  ApplicationFailure,
  condition,
  continueAsNew,
  defineUpdate,
  proxyActivities,
  proxyLocalActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow'
import type { MemoryTurn } from '../../shared/contract/memory.ts'
import { rememberedTurns } from '../talk.ts'
import type { Said, TalkActivities, TalkInput, TurnOrder } from './talk-orders.ts'

const { classify, reply, callTool, wholeTurn } = proxyActivities<Omit<TalkActivities, 'store'>>({
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '5 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { maximumInterval: '30 seconds' },
})

const { store } = proxyLocalActivities<Pick<TalkActivities, 'store'>>({ startToCloseTimeout: '10 seconds' })

const message = defineUpdate<{ instanceUuid: string }, [Said]>('message')

/** What an execution hands over to the next. */
interface Handed {
  turns: number
  recent: MemoryTurn[]
  waiting: Said[]
}

/**
 * A conversation as somebody would write it by hand who knows Temporal well: an activity for each call of a model or a
 * tool, and a local one that stores what was said.
 */
export const talkByCall = (input: TalkInput, from?: Handed): Promise<void> =>
  converse(input, from, async (order) => {
    if ((await classify(order)) !== 'order') return 'I can help with orders.'
    let step = await reply(order)
    while (step.call) {
      const result = await callTool(step.call)
      step = await reply({ ...order, used: { call: step.call, result } })
    }
    await store({ ...order, reply: step.text })
    return step.text
  })

/** The same, with the whole turn in one activity: quicker, and paid again from the start when a worker dies in it. */
export const talkInOne = (input: TalkInput, from?: Handed): Promise<void> => converse(input, from, wholeTurn)

/** Takes messages, one turn after the other, until a day passes without one. */
async function converse(
  input: TalkInput,
  from: Handed = { turns: 0, recent: [], waiting: [] },
  takeTurn: (order: TurnOrder) => Promise<string>,
): Promise<void> {
  const { waiting, recent } = from
  let { turns } = from
  setHandler(
    message,
    (said) => {
      waiting.push(said)
      return { instanceUuid: said.instanceUuid }
    },
    {
      validator: ({ text }) => {
        if (!text.trim()) throw ApplicationFailure.nonRetryable('The message is empty.', 'Refused')
      },
    },
  )
  while (await condition(() => waiting.length > 0, '1 day')) {
    const said = waiting.shift() as Said
    turns += 1
    const agent = await takeTurn({ input, said, number: turns, recent })
    recent.push({ user: said.text, agent })
    if (recent.length > rememberedTurns) recent.shift()
    if (workflowInfo().continueAsNewSuggested)
      return continueAsNew<(input: TalkInput, from: Handed) => Promise<void>>(input, {
        turns,
        recent,
        waiting,
      })
  }
}
