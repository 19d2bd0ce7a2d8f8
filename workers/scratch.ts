import { readFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { NativeConnection } from '@temporalio/worker'
import { Client, Connection } from '@temporalio/client'
import { bundleWorkflows, createWorker } from './create-worker.ts'
import { createDeps } from './deps.ts'
import { readConfig } from '../shared/config.ts'
import { connectRuns } from '../client/temporal.ts'
import { parseDefinition } from '../shared/contract/definition.ts'
import { checkDefinition } from '../shared/contract/check-definition.ts'
import * as t from '../storage/sql/schema.ts'
import { defaultBrand } from '../shared/contract/brand.ts'
import { defaultSettings } from '../shared/contract/settings.ts'
import { eq } from 'drizzle-orm'
const config = readConfig({ DATABASE_URL: readFileSync('/tmp/w/db','utf8'), TEMPORAL_ADDRESS: '127.0.0.1:17233', PARLEY_DATA_DIR: '/tmp/w/data' })
const deps = await createDeps(config)
deps.models = { generate: async (r, {onDelta}) => { onDelta?.('Brief '); return r.json ? { text: '{"findings":[]}', model: 'm', tokensIn: 1, tokensOut: 2 } : { text: 'The Brief about ' + r.user.length, model: 'parley-demo', label: 'Demo model', tokensIn: 1, tokensOut: 2 } } }
const ids = { workspaceId: randomUUID(), appId: randomUUID(), workflowId: randomUUID() }
const { db } = deps
await db.insert(t.workspaces).values({ workspaceId: ids.workspaceId, name: 'W', brand: defaultBrand, settings: defaultSettings })
await db.insert(t.apps).values({ appId: ids.appId, workspaceId: ids.workspaceId, name: 'A' })
const given = { name: 'Meeting brief', type: 'output_focused', steps: [
    { id: 'topic', type: 'ask', question: 'What is the meeting about?', answer: { type: 'text', minLength: 5 } },
    { id: 'length', type: 'ask', question: 'How long may it be?', answer: { type: 'choice', strict: true, options: [{ value: 'one', label: 'One page' }, { value: 'two', label: 'Two pages' }] } },
    { id: 'brief', type: 'draft', format: 'markdown', prompt: "Write a brief of ${length == 'one' ? 300 : 600} words on ${topic}." },
    { id: 'checked', type: 'review', of: '${brief}', criteria: ['factual', { name: 'plain', rules: 'No superlatives.' }], sources: '${topic}', revise: 2 },
    { id: 'ok', type: 'approval', title: 'Send the brief?', artifact: { text: '${checked.text}' }, edit: true, onReject: { steps: [{ id: 'stop', type: 'end' }] } },
    { id: 'file', type: 'document', format: 'docx', name: 'Brief: ${topic}', content: '${ok.text}' },
    { id: 'out', type: 'deliver', files: ['${file}'], to: ['library', { email: 'a@b.example', subject: 'Hello', body: 'Hi' }] },
    { id: 'done', type: 'end', output: { brief: '${file.fileId}' } } ] }
const parsed = parseDefinition(given); console.log(parsed.ok ? checkDefinition(parsed.definition) : parsed.problems)
if (!parsed.ok) process.exit(1)
await db.insert(t.workflows).values({ ...ids, type: 'output_focused', name: 'Meeting brief', draft: parsed.definition, publishedVersion: 1 })
await db.insert(t.versions).values({ ...ids, version: 1, definition: parsed.definition, sha256: 'x', publishedBy: 'me' })
const address = { address: '127.0.0.1:17233' }
const connection = await NativeConnection.connect(address)
const client = new Client({ connection: await Connection.connect(address) })
const bundle = await bundleWorkflows()
const worker = await createWorker({ connection, namespace: 'default', deps, bundle })
const running = worker.run()
const runs = connectRuns({ client, ...ids })
const by = { userId: 'ana', name: 'Ana' }
const t0 = Date.now()
const { instanceUuid } = await runs.startRun({ workflowId: ids.workflowId, startedBy: by, summary: 'Run of Meeting brief v1' })
const until = async (n: number) => { for (let i = 0; i < 100; i++) { const s = await runs.state(instanceUuid); if (s.requests.length) return s.requests[0]; await new Promise(r => setTimeout(r, 100)) } }
console.log((await until(1))?.question)
console.log(await runs.answer(instanceUuid, { value: 'a', by }).catch(e => e.cause?.message ?? e))
console.log(await runs.answer(instanceUuid, { value: 'Quarterly results', by }))
await new Promise(r => setTimeout(r, 500)); console.log((await until(1))?.question, await runs.progress(instanceUuid))
await client.workflow.getHandle(`ws:${ids.workspaceId}:run:${instanceUuid}`).signal('answer', { value: 'nonsense', by })
await client.workflow.getHandle(`ws:${ids.workspaceId}:run:${instanceUuid}`).signal('decide', { x: 1 })
await new Promise(r => setTimeout(r, 300)); console.log(await until(1))
await runs.answer(instanceUuid, { value: 'the second one', by })
await new Promise(r => setTimeout(r, 1500)); console.log(await until(1))
console.log(await runs.decide(instanceUuid, { decision: 'approve', by: { userId: 'bob' } }).catch(e => e.cause?.message ?? e))
console.log(await runs.decide(instanceUuid, { decision: 'approve', edited: '# Edited\n\nHello', by }))
console.log('result', await Promise.race([runs.result(instanceUuid), new Promise(r => setTimeout(() => r('timeout'), 8000))]), Date.now() - t0)
for (const j of await db.select().from(t.journal).where(eq(t.journal.instanceUuid, instanceUuid)).orderBy(t.journal.seq)) console.log(j.seq, j.event, j.key, JSON.stringify(j.data).slice(0, 120))
const h = await client.workflow.getHandle(`ws:${ids.workspaceId}:run:${instanceUuid}`).fetchHistory()
console.log(h.events?.length, h.events?.map(e => Object.keys(e).find(k => k.endsWith('Attributes'))?.replace('EventAttributes','')).join(' '))
console.log(await db.select().from(t.mails)); console.log(await db.select().from(t.instances).where(eq(t.instances.instanceUuid, instanceUuid)))
worker.shutdown(); await running; process.exit(0)
