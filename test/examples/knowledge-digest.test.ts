import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { knowledgeDigest } from '../../examples/knowledge-digest/example.ts'
import { publishExample } from '../../examples/publish.ts'
import { createDemoModel, demoModelName } from '../../local/demo-model/server.ts'
import { temporalScheduleId } from '../../shared/temporal/names.ts'
import { readPageText } from '../../storage/text/read-text.ts'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'
import { sendJson, startWebServer, type WebServer } from '../harness/web-server.ts'

const brief = fileURLToPath(new URL('files/market-brief.pdf', knowledgeDigest.folder))
const page = `<html><body><article><h1>Loggers in the cold</h1><p>${'A trial on the E6 found that alarms reached 94 percent of the drivers within a minute. '.repeat(8)}</p></article></body></html>`

let model: Server
let web: WebServer
beforeAll(async () => {
  model = createDemoModel({ delayMs: 0 })
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve))
  web = await startWebServer(({ path }, response) => {
    if (path.startsWith('/search?'))
      return sendJson(response, {
        results: path.endsWith('pageno=1')
          ? [{ title: 'Loggers in the cold', url: `${web.url}/loggers`, content: 'A trial on the E6.' }]
          : [],
      })
    response.writeHead(200, { 'content-type': 'text/html' }).end(page)
  })
})
afterAll(async () => {
  await web.close()
  model.closeAllConnections()
  model.close()
})

/** Parley with the demo model; its environment is that of this process. */
async function withStage(env: Record<string, string>, act: (stage: Stage) => Promise<void>): Promise<void> {
  const baseUrl = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`
  const before = { ...process.env }
  Object.assign(process.env, env)
  const stage = await createStage({ reply: { baseUrl, model: demoModelName } })
  for (const name of Object.keys(env)) {
    if (before[name] === undefined) delete process.env[name]
    else process.env[name] = before[name]
  }
  try {
    await act(stage)
  } finally {
    await stage.close()
  }
}

async function textOfPdf(stage: Stage, fileId: unknown): Promise<string> {
  const bytes = new Uint8Array(await new Response(await stage.parley.download(String(fileId))).arrayBuffer())
  const read = await readPageText({ bytes, mediaType: 'application/pdf' })
  if (!read.ok) throw new Error(read.reason)
  return read.text.replaceAll(/\s+/g, ' ')
}

it('F024 F125 the weekly digest is made by its schedule without a question, as PDF and e-mail, and says that it had no web', async () => {
  await withStage({}, async ({ parley, temporalAddress, ...stage }) => {
    const workflowId = await publishExample(parley, knowledgeDigest)
    const [schedule] = (await parley.schedules(workflowId)).items
    expect(schedule).toMatchObject({
      name: 'Weekly digest',
      calendar: { at: ['07:00'], weekdays: ['monday'] },
      paused: true,
    })
    const scheduleId = String(schedule?.scheduleId)
    const resumed = await parley.resumeSchedule(workflowId, scheduleId)
    for (const time of resumed.nextRuns ?? [])
      expect([new Date(time).getUTCDay(), new Date(time).getUTCHours()]).toEqual([1, 7])

    const connection = await Connection.connect({ address: temporalAddress })
    const { workspaceId } = await parley.place()
    await new Client({ connection }).schedule.getHandle(temporalScheduleId(workspaceId, scheduleId)).trigger()
    const fired = await until(
      'the run',
      async () => (await parley.schedule(workflowId, scheduleId)).recentRuns[0],
    )
    const ended = await stage.ended(String(fired.instanceUuid))
    expect(ended).toMatchObject({
      status: 'completed',
      progress: 100,
      startedBy: { name: 'Schedule: Weekly digest' },
      output: { topic: 'Cold-chain telemetry in the Nordics', searchedTheWeb: false },
    })
    const log = await parley.log(ended.instanceUuid)
    expect(log.steps.filter(({ type, status }) => type === 'ask' && status !== 'skipped')).toEqual([])

    const [mail] = stage.mails.mails.filter(({ to }) => to?.[0]?.address === 'digest@fleetline.example')
    expect(mail?.subject).toBe('Digest: Cold-chain telemetry in the Nordics')
    expect(mail?.text).toContain('Web search was not available')
    expect(mail?.text).toContain('market-brief.pdf')
    expect(mail?.attachments).toHaveLength(1)
    const [asset] = ended.assets
    expect(asset?.mediaType).toBe('application/pdf')
    const text = await textOfPdf({ parley, temporalAddress, ...stage }, asset?.fileId)
    expect(text).toContain('market-brief.pdf')
    expect(text).toContain('Web search was not available')
    expect(text).toMatch(/1,270|61 to 44 euro|24 months/)
    await connection.close()
  })
}, 180_000)

it('F020 a person is asked just for what is missing, and the web is among the sources', async () => {
  await withStage({ SEARXNG_URL: web.url, PARLEY_OUTBOUND_ALLOW: `127.0.0.1:${web.port}` }, async (stage) => {
    const { parley } = stage
    const workflowId = await publishExample(parley, knowledgeDigest)
    const { instanceUuid } = await parley.startRun({
      workflowId,
      input: { recipients: ['ana@fleetline.example'] },
    })
    await stage.request(instanceUuid, 'askedTopic')
    await parley.answer(instanceUuid, { value: 'Alarms for drivers' })
    await stage.request(instanceUuid, 'askedDocuments')
    const file = await parley.upload(brief)
    await parley.answer(instanceUuid, { fileIds: [file.fileId] })
    const ended = await stage.ended(instanceUuid)
    expect(ended).toMatchObject({
      status: 'completed',
      output: { topic: 'Alarms for drivers', searchedTheWeb: true },
    })
    const [mail] = stage.mails.mails.filter(({ to }) => to?.[0]?.address === 'ana@fleetline.example')
    expect(mail?.text).toContain('market-brief.pdf')
    expect(mail?.text).toContain(`${web.url}/loggers`)
    expect(mail?.text).not.toContain('Web search was not available')
    expect(await textOfPdf(stage, ended.assets[0]?.fileId)).toContain('Loggers in the cold')
  })
}, 180_000)
