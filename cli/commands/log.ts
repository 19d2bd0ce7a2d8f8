import { Command } from 'commander'
import type { Instance, LoggedStep, ParleyHttp, RunLog, RunTotals } from '../../client/http.ts'
import { callOf } from '../call-of.ts'
import type { Context } from '../context.ts'
import { shortId } from '../conversation/names.ts'
import { findInstance } from '../find-instance.ts'
import { duration, money, tokens } from '../screen/figures.ts'
import { oneLine } from '../screen/plain.ts'
import { alignColumns } from '../screen/render-table.ts'
import { paint, wrap } from '../screen/spans.ts'
import { stepSections } from '../screen/step-sections.ts'
import { UsageError } from '../usage-error.ts'
import { when } from './list.ts'

export const logCommand = (contextOf: () => Context): Command =>
  new Command('log')
    .description('what a run did, step by step, with time, tokens, cost and errors')
    .argument('<instance>', 'the id of the run, or the beginning of it')
    .option(
      '--step <step>',
      'one step whole, with prompts and answers: its id, or its path as the log shows it',
    )
    .action(async (given: string, { step }: { step?: string }) => {
      const context = contextOf()
      await showLog(await findInstance(given, context.client), context, step)
    })

/** Prints a run's log, or all there is of one step. */
export async function showLog(instanceUuid: string, context: Context, step?: string): Promise<void> {
  const { client, screen, print } = context
  if (step !== undefined) {
    const found = await wholeStep(instanceUuid, step, client)
    print(stepSections(found), found)
    return
  }
  const [instance, log] = await Promise.all([client.instance(instanceUuid), wholeLog(instanceUuid, client)])
  const one = callOf(`log ${shortId(instanceUuid)} --step <step>`, client)
  print(
    [
      ...headLines(instance, log.totals),
      '',
      ...stepLines(log.steps, screen.columns),
      ...(log.steps.length > 0 ? ['', paint('dim', `One step whole: ${one}`)] : []),
    ],
    log,
  )
}

async function* pagesOf(instanceUuid: string, client: ParleyHttp): AsyncGenerator<RunLog> {
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: RunLog = await client.log(instanceUuid, { limit: 100, ...(cursor ? { cursor } : {}) })
    yield page
    cursor = page.nextCursor
  }
}

async function wholeLog(instanceUuid: string, client: ParleyHttp): Promise<RunLog> {
  let whole: RunLog | undefined
  for await (const page of pagesOf(instanceUuid, client)) {
    if (whole) whole.steps.push(...page.steps)
    else whole = page
  }
  return { ...(whole as RunLog), nextCursor: null }
}

/** The step that a path or an id means, with its values whole. */
async function wholeStep(instanceUuid: string, given: string, client: ParleyHttp): Promise<LoggedStep> {
  const at = async (path: string) => {
    const { steps } = await client.log(instanceUuid, { path, whole: 'true', limit: 1 })
    return steps.find((step) => step.path === path)
  }
  const byPath = await at(given)
  if (byPath) return byPath
  const all: { path: string; stepId: string }[] = []
  for await (const { steps } of pagesOf(instanceUuid, client))
    all.push(...steps.map(({ path, stepId }) => ({ path, stepId })))
  const [only, ...others] = all.filter(({ stepId }) => stepId === given)
  const found = only && others.length === 0 ? await at(only.path) : undefined
  if (found) return found
  const shown = (only ? [only, ...others] : all).map(({ path }) => path)
  const list = `${shown.slice(0, 20).join(', ')}${shown.length > 20 ? ' …' : ''}`
  throw new UsageError(
    only
      ? `The step ${given} ran ${shown.length} times: say which: ${list}`
      : `This run has not come to a step ${given}. ${all.length > 0 ? `It has done: ${list}` : 'It has done none yet.'}`,
  )
}

function headLines(
  { workflowName, status, progress, instanceUuid, startedAt, error }: Instance,
  { time, modelCalls, toolCalls, tokens: used, costs, unpricedCalls }: RunTotals,
): string[] {
  const waited = [
    time.waitingForPeople > 0 ? `waited ${duration(time.waitingForPeople)} for people` : '',
    time.waitingForTime > 0 ? `${duration(time.waitingForTime)} for the clock` : '',
  ].filter(Boolean)
  const paid = costs.map((one) => money(one.cost, one.currency))
  return [
    `${paint('bold', oneLine(workflowName))}  ${status}${status === 'completed' ? '' : ` at ${progress}%`}  ${paint('dim', instanceUuid)}`,
    `Since ${when(startedAt)}, for ${duration(time.total)}: ${[`worked ${duration(time.working)}`, ...waited].join(', ')}`,
    ...(modelCalls + toolCalls > 0
      ? [
          [
            `${modelCalls} model calls, ${tokens(used)}`,
            ...(paid.length > 0 ? [paid.join(' + ')] : []),
            ...(unpricedCalls > 0 && paid.length > 0 ? [`${unpricedCalls} calls without a price`] : []),
            ...(toolCalls > 0 ? [`${toolCalls} tool calls`] : []),
          ].join(', '),
        ]
      : []),
    ...(error ? [paint('red', `✘ ${error.code}: ${oneLine(error.message, 1_000)}`)] : []),
  ]
}

function stepLines(steps: LoggedStep[], columns: number): string[] {
  if (steps.length === 0) return ['No step has begun yet.']
  const rows = steps.map((step) => [
    step.path,
    `${step.status}${step.attempts > 1 ? ` (${step.attempts} attempts)` : ''}`,
    step.finishedAt && step.status !== 'skipped'
      ? duration(Date.parse(step.finishedAt) - Date.parse(step.startedAt))
      : '',
    step.modelCalls.length > 0 ? tokens(sumOf(step)) : '',
    costOf(step),
    oneLine(step.title),
  ])
  const lines = alignColumns(rows, columns)
  return lines.flatMap((line, index) => {
    const { childInstanceUuid } = steps[index] as LoggedStep
    const error = ownErrorOf(steps[index] as LoggedStep, steps)
    return [
      line,
      ...(childInstanceUuid ? [paint('dim', `  its run: ${childInstanceUuid}`)] : []),
      ...(error
        ? wrap(`✘ ${error.code}: ${oneLine(error.message, 1_000)}`, columns - 2).map((text) =>
            paint('red', `  ${text}`),
          )
        : []),
    ]
  })
}

/** The steps around one that failed, fail with it: it is told once, where it happened. */
const ownErrorOf = ({ path, error }: LoggedStep, steps: LoggedStep[]): LoggedStep['error'] =>
  steps.some(
    (inner) =>
      inner.error &&
      (inner.path.startsWith(`${path}.`) || inner.path.startsWith(`${path}[`)) &&
      error?.message.includes(inner.error.message),
  )
    ? null
    : error

const sumOf = ({ modelCalls }: LoggedStep) => ({
  in: modelCalls.reduce((sum, { tokens: used }) => sum + (used.in ?? 0), 0),
  out: modelCalls.reduce((sum, { tokens: used }) => sum + (used.out ?? 0), 0),
})

function costOf({ modelCalls }: LoggedStep): string {
  const byCurrency = new Map<string, number>()
  for (const { cost, currency } of modelCalls)
    if (cost !== null && currency !== null) byCurrency.set(currency, (byCurrency.get(currency) ?? 0) + cost)
  return [...byCurrency].map(([currency, cost]) => money(cost, currency)).join(' + ')
}
