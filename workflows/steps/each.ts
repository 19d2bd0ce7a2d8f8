import { count } from '../../shared/contract/budget.ts'
import type { Json } from '../../shared/contract/json.ts'
import { type Each, mostItems } from '../../shared/contract/steps/each.ts'
import { fail } from '../../shared/temporal/failure.ts'
import type { StepRun } from '../step-run.ts'
import type { Runner } from './runner.ts'

/** Runs its steps once for each item. Gives the list of the rounds' last results, in the order of the items. */
export const runEach: Runner<Each> = async (step, run) => {
  const items = await run.once('items', () => itemsOf(step, run))
  count(items.length)
  const results = await run.once<Json[]>('results', () => items.map(() => null))
  const done = await run.once<boolean[]>('done', () => items.map(() => false))
  const rounds = items.map((item, round) => async (ledger?: StepRun['ledger']) => {
    const bindings = { [step.as ?? 'item']: item, index: round }
    const last = await run.round(step.steps, round, {
      of: items.length,
      bindings,
      isolated: true,
      ...(ledger ? { ledger } : {}),
    })
    run.hold(last?.value ?? null)
    results[round] = last?.value ?? null
    // Words of a model stay told apart inside the list.
    if (last?.label) run.keep('label', last.label)
    done[round] = true
  })
  const ahead = rounds.filter((_, round) => !done[round])
  if (step.parallel !== undefined && step.parallel > 1) await run.sideBySide(ahead, step.parallel)
  else
    for (const round of ahead) {
      if (run.state.ended) break
      await round()
    }
  return results
}

function itemsOf(step: Each, run: StepRun): Json[] {
  const items = run.render(step.in)
  if (!Array.isArray(items))
    throw fail(
      'ExpressionFailed',
      `"in" must give a list, but ${step.in.slice(0, 100)} gives ${items === null ? 'nothing' : typeof items}.`,
    )
  if (items.length > mostItems)
    throw fail('TooLarge', `A loop takes ${mostItems} items at most, but ${items.length} came.`)
  return items
}
