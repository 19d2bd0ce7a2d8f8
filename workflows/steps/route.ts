import { milliseconds } from '../../shared/contract/duration.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { Route } from '../../shared/contract/steps/route.ts'
import { delivery } from '../activities.ts'
import { borrowPerson, type Visit } from '../borrow-person.ts'
import type { StepRun } from '../step-run.ts'
import { withPerson } from '../with-person.ts'
import type { Runner } from './runner.ts'

/** Hands the conversation to a person of a team, and goes on when they hand it back, or when nobody came in time. */
export const runRoute: Runner<Route> = async (step, run) => {
  if (run.kept('expired') === undefined) {
    const visit = run.state.ref.chatSessionId ? await here(step, run) : await inCaller(step, run)
    const kept = await keep(step, run, visit)
    if (visit.by) return kept.value
    run.keep('expired', true)
  }
  await run.into('expire', step.expire?.steps ?? [])
  return undefined
}

const wordsOf = (step: Route, run: StepRun) => ({
  team: step.team,
  question:
    step.text === undefined ? `Somebody of ${step.team} will talk with you here.` : run.renderText(step.text),
  note: step.note === undefined ? '' : run.renderText(step.note),
})

async function here(step: Route, run: StepRun): Promise<Visit> {
  const deadline = step.expire && (await run.deadline('deadline', milliseconds(step.expire.after)))
  const { requestId, returned } = await withPerson({ name: '0', ...wordsOf(step, run), deadline }, run)
  return { requestId, turn: run.state.ref.instanceUuid, by: returned?.by.userId, note: returned?.note }
}

/** An action has no conversation of its own: the one that called it is handed over. */
const inCaller = (step: Route, run: StepRun): Promise<Visit> => {
  const { question, ...words } = wordsOf(step, run)
  const within = step.expire && milliseconds(step.expire.after)
  return borrowPerson({ ...words, text: question, ...(within ? { within } : {}) }, run)
}

/** Makes the step's result of what was said. */
const keep = (
  step: Route,
  run: StepRun,
  { requestId, turn, by, note }: Visit,
): Promise<{ value: Json | undefined }> =>
  run.perform(delivery(step).keepHandoff, {
    last: by !== undefined,
    extra: { requestId, turn, by: by ?? null, note: note ?? null },
    ordinal: 0,
  })
