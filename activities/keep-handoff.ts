import type { JsonObject } from '../shared/contract/json.ts'
import type { Route } from '../shared/contract/steps/route.ts'
import { listHandoffMessages } from '../storage/sql/list-handoff-messages.ts'
import type { Deps } from './deps.ts'
import { type StepJob, stepActivity } from './step-activity.ts'

/** Characters of a transcript that a result holds: the end of it. All of it is in the conversation. */
const most = 100_000

/** Ends a `route` step: what was said becomes its result. The turn's memory has it from the conversation. */
export const keepHandoff = (deps: Deps) =>
  stepActivity<Route, JsonObject>(deps, async ({ call }: StepJob<Route>) => {
    const { run, step } = call
    const { requestId, turn, by, note } = call.extra as {
      requestId: string
      turn: string
      by: string | null
      note: string | null
    }
    const said = await listHandoffMessages(deps.db, { ...run, instanceUuid: turn }, requestId)
    const lines = said.map(
      ({ role, by: who, text, attachments }) =>
        `${role === 'user' ? 'User' : (who?.name ?? who?.userId ?? step.team)}: ${[text, ...attachments.map(({ name }) => `[${name}]`)].filter(Boolean).join(' ')}`,
    )
    return {
      value: { by, note, transcript: endOf(lines.join('\n')) },
      input: { team: step.team, messages: said.length },
    }
  })

const endOf = (text: string): string =>
  text.length <= most ? text : `…${text.slice(1 - most).toWellFormed()}`
