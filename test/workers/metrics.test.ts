import { readFile } from 'node:fs/promises'
import { figure } from '../harness/figure.ts'
import { type Processes, startProcesses } from '../harness/processes.ts'
import { freeAddress } from '../harness/program.ts'
import { until } from '../harness/until.ts'

let all: Processes
let address: string
beforeAll(async () => {
  all = await startProcesses(({ messages }) =>
    messages.at(-1)?.content.includes('nothing') ? '' : 'A text.',
  )
  address = await freeAddress()
  await all.worker({ WORKER_METRICS_ADDRESS: address })
})
afterAll(() => all.close())

const page = async () => (await fetch(`http://${address}/metrics`)).text()

it('a worker tells what its steps, activities and model calls did, took and cost, beside the SDK figures', async () => {
  const steps = (prompt: string, onError: string) => ({
    steps: [
      { id: 'text', type: 'draft', format: 'text', prompt, onError },
      { id: 'done', type: 'end' },
    ],
  })
  for (const [prompt, onError] of [
    ['Write something', 'fail'],
    ['Write nothing', 'continue'],
  ] as const) {
    const { instanceUuid } = await all.parley.startRun({
      workflowId: await all.publish(steps(prompt, onError)),
    })
    await until('the end', async () => (await all.parley.instance(instanceUuid)).finishedAt)
  }
  const text = await until('the figures', async () => {
    const now = await page()
    return figure(now, 'parley_steps_total', { type: 'end' }) === 2 ? now : undefined
  })
  expect(figure(text, 'parley_steps_total', { type: 'draft', outcome: 'completed' })).toBe(1)
  expect(figure(text, 'parley_steps_total', { type: 'draft', outcome: 'failed' })).toBe(1)
  expect(figure(text, 'parley_step_duration_seconds_count', { type: 'draft', outcome: 'completed' })).toBe(1)
  expect(figure(text, 'parley_activity_attempts_total', { activity: 'generateText', outcome: 'ok' })).toBe(1)
  expect(
    figure(text, 'parley_activity_attempts_total', {
      activity: 'generateText',
      outcome: 'ModelOutputInvalid',
    }),
  ).toBe(1)
  // One good answer, and three empty ones.
  expect(
    figure(text, 'parley_provider_calls_total', { provider: 'models', model: 'test-model', outcome: 'ok' }),
  ).toBe(4)
  expect(figure(text, 'parley_provider_call_duration_seconds_count', { provider: 'models' })).toBe(4)
  expect(figure(text, 'parley_model_tokens_total', { model: 'test-model', direction: 'in' })).toBe(40)
  expect(figure(text, 'parley_model_tokens_total', { model: 'test-model', direction: 'out' })).toBe(20)
  expect(text).toMatch(/^parley_event_loop_lag_seconds[ {]/m)
  expect(text).toMatch(/^temporal_worker_task_slots_available\{/m)
  expect(text).toMatch(/^temporal_sticky_cache_size\{/m)
  expect(text).toMatch(/^temporal_workflow_task_schedule_to_start_latency_seconds_bucket\{/m)
  // Ids would make a figure of each run.
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}/)
})

it('an address that cannot be listened on stops the worker with what to do', async () => {
  const second = all.worker({ WORKER_METRICS_ADDRESS: address })
  await expect(second).rejects.toThrow(/WORKER_METRICS_ADDRESS/)
})

it('every figure that the runbook names is shown', async () => {
  const runbook = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8')
  const named = new Set(runbook.match(/\b(parley|temporal|nodejs)_[a-z0-9]+_[a-z0-9_]+\b|\bparley_up\b/g))
  expect(named.size).toBeGreaterThan(30)
  const shown = `${await page()}\n${await (await fetch(`${all.baseUrl}/metrics`)).text()}`
  // These appear with the first thing they count, which here does not happen.
  const rare = [
    'parley_activity_retries_total',
    'parley_sweeps_total',
    'temporal_workflow_task_execution_failed_total',
  ]
  const missing = [...named].filter(
    (name) => !rare.includes(name) && !shown.includes(`# HELP ${name.replace(/_(bucket|sum|count)$/, '')} `),
  )
  expect(missing).toEqual([])
})
