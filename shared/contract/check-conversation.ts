import { type Definition, walkSteps } from './definition.ts'
import type { Problem } from './step.ts'
import { stepKindOf } from './steps/index.ts'

/** What a conversation needs beside what every workflow does: an end, and something that answers. */
export function checkConversation({ type, steps }: Definition): { errors: Problem[]; warnings: Problem[] } {
  if (type !== 'chat_driven' || steps.length === 0) return { errors: [], warnings: [] }
  const all = [...walkSteps(steps)].map(({ step }) => ({ step, kind: stepKindOf(step.type) }))
  const thinking = all.find(({ kind }) => kind?.ai)
  const isMute = !all.some(({ step, kind }) => kind?.replies?.(step))
  return {
    errors: all.some(({ kind }) => kind?.ends)
      ? []
      : [{ path: 'steps', message: 'a chat-driven workflow needs an "end" step: add one behind the others' }],
    warnings:
      thinking && isMute
        ? [
            {
              stepId: thinking.step.id,
              path: 'steps',
              message:
                'no step answers the person: set "chatReply" on the agent that does, or send a message',
            },
          ]
        : [],
  }
}
