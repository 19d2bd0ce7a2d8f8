import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { Client, Connection } from '@temporalio/client'
import { Worker } from '@temporalio/worker'
import JSZip from 'jszip'
import { publishExample } from '../../examples/publish.ts'
import { salesPackage } from '../../examples/sales-package/example.ts'
import { createDemoModel, demoModelName } from '../../local/demo-model/server.ts'
import { bundleWorkflows } from '../../workers/workflow-bundle.ts'
import { saveHistory, savesHistories } from '../harness/history-file.ts'
import { apart } from '../harness/replayer.ts'
import { createStage, type Stage } from '../harness/stage.ts'
import { until } from '../harness/until.ts'

const notes = fileURLToPath(new URL('files/call-notes.pdf', salesPackage.folder))

let stage: Stage
let model: Server
let workflowId: string

beforeAll(async () => {
  model = createDemoModel({ delayMs: 0 })
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve))
  const baseUrl = `http://127.0.0.1:${(model.address() as AddressInfo).port}/v1`
  stage = await createStage({ workers: 2, apis: 2, reply: { baseUrl, model: demoModelName } })
  workflowId = await publishExample(stage.parley, salesPackage)
}, 180_000)

afterAll(async () => {
  await stage.close()
  model.closeAllConnections()
  model.close()
})

/** All text of an office file, part by part. */
async function textOf(bytes: Uint8Array): Promise<string> {
  const zip = await JSZip.loadAsync(bytes)
  const parts = Object.keys(zip.files).filter((name) =>
    /(document|slide(Layout|Master)?\d+|chart\d+|footer\d+)\.xml$/.test(name),
  )
  const texts = await Promise.all(parts.map((name) => zip.file(name)?.async('string') ?? ''))
  return texts
    .join('\n')
    .replace(/<\/a:p>|<\/w:p>/g, '\n')
    .replace(/<[^>]+>/g, '')
}

it('F024 F001 F002 F006 F007 F008 F011 F023 F124 makes a proposal, a deck and a mail with the case study that fits, out of real call notes', async () => {
  const [parley, other = stage.parley] = stage.clients as [Stage['parley'], Stage['parley']]
  const { instanceUuid } = await parley.startRun({ workflowId })
  await stage.request(instanceUuid, 'notes')
  const file = await parley.upload(notes)
  await other.answer(instanceUuid, { fileIds: [file.fileId] })

  const plan = await stage.request(instanceUuid, 'plan')
  expect(plan.question).toContain('Halvorsen Logistik AS')
  await parley.answer(instanceUuid, { value: 'the second one' })
  expect((await stage.request(instanceUuid, 'drivers')).question).toContain('120')
  await other.answer(instanceUuid, { value: '120' })
  await stage.request(instanceUuid, 'validUntil')
  await parley.answer(instanceUuid, { value: '2026-12-31' })
  await stage.request(instanceUuid, 'recipient')
  await parley.answer(instanceUuid, { value: 'ingrid@halvorsen.example' })

  const proposal = await stage.request(instanceUuid, 'ok')
  expect(proposal.artifact?.text).toContain('Halvorsen')
  expect(proposal.label).toBe('Demo model')
  await parley.decide(instanceUuid, { decision: 'changes', comment: 'Mention Priya Raman.' })
  const again = await until('the revised proposal', async () => {
    const request = await stage.request(instanceUuid, 'ok')
    return request.requestId !== proposal.requestId && request
  })
  await other.decide(instanceUuid, {
    decision: 'approve',
    edited: `${again.artifact?.text}\n\nSigned by hand.`,
  })
  const mail = await stage.request(instanceUuid, 'send')
  expect(mail.artifact?.files?.map(({ name }) => name)).toContain('case-study.pptx')
  await parley.decide(instanceUuid, { decision: 'approve' })

  const ended = await stage.ended(instanceUuid)
  expect(ended).toMatchObject({
    status: 'completed',
    progress: 100,
    error: null,
    output: { customer: 'Halvorsen Logistik AS' },
  })

  const [docx, pptx] = ['docx', 'pptx'].map((extension) =>
    ended.assets.find(({ name }) => name.endsWith(extension)),
  )
  const proposalText = await textOf(await bytesOf(docx?.fileId))
  for (const fact of [
    'Halvorsen Logistik AS',
    '38 depots',
    '2.1 %',
    'Entra ID',
    'Nordkyst',
    '315,360 NOK',
    'Signed by hand',
    'Demo model',
  ])
    expect(proposalText).toContain(fact)
  const deckText = await textOf(await bytesOf(pptx?.fileId))
  for (const fact of ['Halvorsen', '38 depots', 'Cost in the first year', '416160', 'Demo model'])
    expect(deckText).toContain(fact)

  const sent = stage.mails.mails.filter(({ to }) => to?.[0]?.address === 'ingrid@halvorsen.example')
  expect(sent).toHaveLength(1)
  expect(sent[0]?.subject).toBe('Our proposal for Halvorsen Logistik AS')
  expect(sent[0]?.text).toContain('Ingrid')
  expect(sent[0]?.attachments.map(({ filename }) => filename)).toEqual([
    docx?.name,
    pptx?.name,
    'case-study.pptx',
  ])

  // The same code replays what ran here, and every later code what is saved.
  const history = await historyOf(ended.temporal)
  await Worker.runReplayHistory(
    { workflowBundle: await bundleWorkflows(), ...apart },
    history,
    ended.temporal.workflowId,
  )
  if (savesHistories) await saveHistory('sales-package', history)

  const library = await parley.library()
  expect(library.items.map(({ name }) => name)).toEqual(expect.arrayContaining([docx?.name, pptx?.name]))
}, 180_000)

async function historyOf({ workflowId }: { workflowId: string }) {
  const connection = await Connection.connect({ address: stage.temporalAddress })
  const history = await new Client({ connection }).workflow.getHandle(workflowId).fetchHistory()
  await connection.close()
  return history
}

const bytesOf = async (fileId = ''): Promise<Uint8Array> =>
  new Uint8Array(await new Response((await stage.parley.download(fileId)) as never).arrayBuffer())
