import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../harness/otlp-receiver.ts'
import { type Processes, startProcesses } from '../harness/processes.ts'
import { until } from '../harness/until.ts'

let receiver: OtlpReceiver
let all: Processes
beforeAll(async () => {
  receiver = await startOtlpReceiver()
  const traced = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_BSP_SCHEDULE_DELAY: '200' }
  all = await startProcesses(() => 'An answer with the word canary-answer', traced)
  await all.worker()
})
afterAll(async () => {
  await all.close()
  await receiver.close()
})

const traceId = '0af7651916cd43dd8448eb211c80319c'

/** The names of a span and of all it belongs to, innermost first. */
function lineage(span: ReceivedSpan): string[] {
  const parent = receiver.spans.find(({ spanId }) => spanId === span.parentSpanId)
  return [`${span.service} ${span.name}`, ...(parent ? lineage(parent) : [])]
}

it('one trace leads from the request of a caller over the workflow to the model call, without a word of anybody', async () => {
  const workflowId = await all.publish({
    input: { type: 'object', properties: { about: { type: 'string' } } },
    steps: [
      { id: 'text', type: 'draft', format: 'text', prompt: 'Write about ${input.about} canary-prompt' },
      { id: 'topic', type: 'ask', question: 'canary-question?', answer: { type: 'number' } },
      { id: 'done', type: 'end', output: '${text}' },
    ],
  })
  const { workspaces } = await (await fetch(`${all.baseUrl}/api/me`)).json()
  const [{ workspaceId, apps }] = workspaces
  const runs = `/api/runtime/wks/${workspaceId}/app/${apps[0].appId}/workflows`
  const started = await fetch(`${all.baseUrl}${runs}/${workflowId}/runs?canary-query=1`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
      tracestate: 'canary=state',
      baggage: 'canary=baggage',
    },
    body: JSON.stringify({ input: { about: 'canary-input' } }),
  })
  const { instanceUuid } = await started.json()
  await until('the question', async () => (await all.parley.instance(instanceUuid)).requests[0])
  await expect(all.parley.answer(instanceUuid, { value: 'canary-wrong' })).rejects.toThrow()
  await all.parley.answer(instanceUuid, { value: 5 })
  await until('the end', async () => (await all.parley.instance(instanceUuid)).finishedAt)

  const call = await until('the span of the model call', () =>
    receiver.spans.find(({ name }) => name === 'models.generate'),
  )
  await until(
    'the spans above it',
    () =>
      receiver.spans.find(({ name }) => name === 'RunWorkflow:run') &&
      receiver.spans.some(({ name }) => name.startsWith('POST ') && name.endsWith('/runs')),
  )
  expect(call.traceId).toBe(traceId)
  expect(lineage(call)).toEqual([
    'parley-worker models.generate',
    'parley-worker RunActivity:generateText',
    'parley-worker RunWorkflow:run',
    'parley-api StartWorkflow:run',
    'parley-api POST /api/runtime/wks/{workspaceId}/app/{appId}/workflows/{workflowId}/runs',
  ])
  expect(call.attributes).toMatchObject({ model: 'test-model', outcome: 'ok' })
  await until('the update that answered', () =>
    receiver.spans.find(({ service, name }) => service === 'parley-worker' && /Update.*answer/.test(name)),
  )
  expect(receiver.bodies.join('\n')).not.toContain('canary')
})
