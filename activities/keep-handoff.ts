import type { JsonObject } from '../shared/contract/json.ts'
import type { Route } from '../shared/contract/steps/route.ts'
import { listHandoffMessages } from '../storage/sql/list-handoff-messages.ts'
import { rememberTurn } from '../storage/sql/memory.ts'
import type { Deps } from './deps.ts'
import { type StepJob, stepActivity } from './step-activity.ts'

/** Characters of a transcript that a result, and the memory, hold: the end of it. All of it is in the conversation. */
const most = { result: 100_000, memory: 20_000 } as const

/** Ends a `route` step: what was said is remembered with the turn, and becomes the step's result. */
export const keepHandoff = (deps: Deps) =>
  stepActivity<Route, JsonObject>(deps, async ({ call }: StepJob<Route>) => {
    const { run, step, scope } = call
    const { requestId, by, note } = call.extra as {
      requestId: string
      by: string | null
      note: string | null
    }
    const said = await listHandoffMessages(deps.db, run, requestId)
    const lines = said.map(
      ({ role, by: who, text, attachments }) =>
        `${role === 'user' ? 'User' : (who?.name ?? who?.userId ?? step.team)}: ${[text, ...attachments.map(({ name }) => `[${name}]`)].filter(Boolean).join(' ')}`,
    )
    const transcript = lines.join('\n')
    const { userMessage } = scope.values
    const outcome = by
      ? `A person of ${step.team} talked with the user:`
      : `Nobody of ${step.team} came in time.`
    return {
      value: { by, note, transcript: endOf(transcript, most.result) },
      input: { team: step.team, messages: said.length },
      store: (tx) =>
        rememberTurn(tx, run, {
          user: typeof userMessage === 'string' ? userMessage : '',
          agent: [outcome, endOf(transcript, most.memory)].filter(Boolean).join('\n'),
        }),
    }
  })

const endOf = (text: string, length: number): string =>
  text.length <= length ? text : `…${text.slice(1 - length).toWellFormed()}`
