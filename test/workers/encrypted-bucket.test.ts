import { randomBytes } from 'node:crypto'
import { Client, Connection } from '@temporalio/client'
import { type S3Server, startS3 } from '../harness/s3-server.ts'
import { createStage, type Stage } from '../harness/stage.ts'

let s3: S3Server
let stage: Stage
const long = 'Zanzibar-4711 '.repeat(20_000).trim()

beforeAll(async () => {
  s3 = await startS3()
  process.env.ASSETS_URL = s3.url
  process.env.PARLEY_ENCRYPTION_KEY = randomBytes(32).toString('base64')
  stage = await createStage({ reply: () => long })
})
afterAll(async () => {
  await stage?.close()
  await s3.close()
  delete process.env.ASSETS_URL
  delete process.env.PARLEY_ENCRYPTION_KEY
})

it('F020 real processes with a key and a bucket: a long draft survives a killed worker, and Temporal reads nothing', async () => {
  const workflowId = await stage.publish({
    steps: [
      { id: 'topic', type: 'ask', question: 'On what?', answer: { type: 'text' } },
      { id: 'text', type: 'draft', format: 'text', prompt: 'On ${topic}' },
      { id: 'ok', type: 'approval', title: 'Good?', artifact: { text: '${text}' } },
      { id: 'done', type: 'end', output: '${ok.text}' },
    ],
  })
  const { instanceUuid } = await stage.parley.startRun({ workflowId })
  await stage.request(instanceUuid, 'topic')
  await stage.parley.answer(instanceUuid, { value: 'Zanzibar-4711' })
  await stage.request(instanceUuid, 'ok')
  stage.kill('worker')
  await stage.back('worker')
  await stage.parley.decide(instanceUuid, { decision: 'approve' })
  const { output, temporal } = await stage.ended(instanceUuid)
  expect(output).toBe(long)

  const connection = await Connection.connect({ address: stage.temporalAddress })
  const { workflowService } = new Client({ connection })
  const { history } = await workflowService.getWorkflowExecutionHistory({
    namespace: 'default',
    execution: { workflowId: temporal.workflowId },
  })
  await connection.close()
  const read = JSON.stringify(history?.events)
  const decoded = [...read.matchAll(/"([A-Za-z0-9+/=]{16,})"/g)].map(([, data = '']) =>
    Buffer.from(data, 'base64').toString('latin1'),
  )
  expect(decoded.length).toBeGreaterThan(10)
  expect([read, ...decoded].filter((words) => words.includes('Zanzibar'))).toEqual([])
})
