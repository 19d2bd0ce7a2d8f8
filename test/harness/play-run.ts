import { and, eq, isNotNull } from 'drizzle-orm'
import { isObject, type Json, type JsonObject } from '../../shared/contract/json.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import * as table from '../../storage/sql/schema.ts'
import { beginTurn, talkAsPerson } from './play-turn.ts'
import { refusal } from './refusal.ts'
import { calls } from './scripted-models.ts'
import type { ShownRun } from './step-page.ts'
import { until } from './until.ts'
import { ana, boss, type World } from './world.ts'

/** What a page may show of a run. */
type Came = Pick<
  ShownRun,
  'says' | 'refused' | 'navigates' | 'output' | 'error' | 'files' | 'library' | 'mails' | 'notices'
>

const mediaTypes: Record<string, string> = { md: 'text/markdown', csv: 'text/csv' }

/** Runs a workflow as a page says, answering and deciding, and gives what came in the page's own words. */
export async function playRun(world: World, workflowId: string, shown: ShownRun): Promise<Came> {
  const mailsBefore = world.mailer.sent.length
  world.models.will(...(shown.model ?? []).map(said))
  const run = await begin(world, workflowId, shown)
  const { refused, unused } = await reply(world, run, shown)
  const { view } = await world.ended(run)
  if (unused.length > 0)
    throw new Error(
      `nobody asked at ${unused.join(', ')} as often as it is answered: ${JSON.stringify(view.error)}`,
    )
  const words = (await world.events(run, 'message')).filter(
    ({ role }) => role === 'assistant' || role === 'system',
  )
  const notices = await world.db.select().from(table.notices).where(eq(table.notices.instanceUuid, run))
  const library = await world.db
    .select({ name: table.files.name })
    .from(table.files)
    .where(and(eq(table.files.instanceUuid, run), isNotNull(table.files.libraryAt)))
  return {
    says: words.map(({ text }) => text),
    refused,
    navigates: await world.events(run, 'navigate'),
    ...(view.error ? { error: view.error } : { output: view.output as Json }),
    files: (await world.events(run, 'asset')).map(({ name }) => name),
    library: library.map(({ name }) => name).toSorted(),
    mails: world.mailer.sent.slice(mailsBefore).map(({ to, subject, body, attachments }) => ({
      to,
      subject,
      body,
      files: attachments.map(({ name }) => name),
    })),
    notices: Object.fromEntries(
      [...new Set(notices.map(({ userId }) => userId))].map((userId) => [
        userId,
        notices.filter((one) => one.userId === userId).map(({ text }) => text),
      ]),
    ),
  }
}

/** Starts the run; or a conversation, whose first turn it is. */
async function begin(
  world: World,
  workflowId: string,
  { input, userMessage, uiFlowContext }: ShownRun,
): Promise<string> {
  if (userMessage === undefined) return world.start(workflowId, input === undefined ? {} : { input })
  return beginTurn(world, workflowId, { userMessage, ...(uiFlowContext ? { uiFlowContext } : {}) })
}

/** `{ "calls": [[name, arguments]] }` is an answer that asks for tools. */
const said = (answer: Json) =>
  isObject(answer) && Array.isArray(answer.calls)
    ? calls(...(answer.calls as Parameters<typeof calls>))
    : answer

const over = Symbol('over')

/**
 * Replies to what is open, as long as the page has something to reply, and gives the reasons of what was
 * refused, and the steps that were answered too often.
 */
async function reply(
  world: World,
  run: string,
  shown: ShownRun,
): Promise<{ refused: string[]; unused: string[] }> {
  const left = listsOf({ ...shown.answers, ...shown.decisions, ...shown.handoffs })
  const refused: string[] = []
  const replied = new Set<string>()
  const next = () =>
    until('the next question, or the end', async () => {
      const [row] = await world.db
        .select({ view: table.instances.view })
        .from(table.instances)
        .where(eq(table.instances.instanceUuid, run))
      if (row?.view.finishedAt) return over
      return row?.view.requests.find(
        ({ requestId, stepId }) => !replied.has(requestId) && (left.get(stepId)?.length ?? 0) > 0,
      )
    })
  for (let request = await next(); request !== over; request = await next()) {
    const given = left.get(request.stepId)?.shift() as Json
    const reason = await give(world, request, given)
    if (reason === undefined) replied.add(request.requestId)
    else refused.push(reason)
    if (request.instanceUuid !== run) world.follow(request.instanceUuid)
  }
  return { refused, unused: [...left].filter(([, list]) => list.length > 0).map(([stepId]) => stepId) }
}

const listsOf = (given: Record<string, Json>): Map<string, Json[]> =>
  new Map(Object.entries(given).map(([stepId, one]) => [stepId, Array.isArray(one) ? [...one] : [one]]))

/** Answers or decides. Gives the reason when it is refused. */
async function give(world: World, request: OpenRequest, given: Json): Promise<string | undefined> {
  const { instanceUuid, requestId } = request
  if (request.kind === 'approval') {
    const { by = 'ana', ...decision } = given as JsonObject
    const order = { requestId, ...decision, by: by === 'boss' ? boss : ana }
    await world.runs.decide(instanceUuid, order as Parameters<World['runs']['decide']>[1])
    return undefined
  }
  if (request.kind === 'handoff') {
    await talkAsPerson(world, request, given)
    return undefined
  }
  const answer =
    isObject(given) && isObject(given.files)
      ? { fileIds: await upload(world, given.files as Record<string, string>) }
      : { value: given }
  const answered = world.runs.answer(instanceUuid, { requestId, ...answer, by: ana })
  return answered.then(
    () => undefined,
    async (error: unknown) => (await refusal(Promise.reject(error))).message,
  )
}

const upload = async (world: World, files: Record<string, string>): Promise<string[]> =>
  Promise.all(
    Object.entries(files).map(async ([name, text]) => {
      const mediaType = mediaTypes[name.split('.').at(-1) ?? ''] ?? 'text/plain'
      return (await world.upload(name, text, mediaType)).fileId
    }),
  )

const literally = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** What a page shows, as something to compare with: `…` stands for what differs from run to run. */
export function expected(shown: unknown): unknown {
  if (shown === '…') return expect.anything()
  if (typeof shown === 'string' && shown.includes('…'))
    return expect.stringMatching(new RegExp(`^${shown.split('…').map(literally).join('[\\s\\S]*')}$`))
  if (Array.isArray(shown)) return shown.map(expected)
  if (!isObject(shown)) return shown
  return Object.fromEntries(Object.entries(shown).map(([key, value]) => [key, expected(value)]))
}
