import type { Brand } from '../shared/contract/brand.ts'
import { milliseconds } from '../shared/contract/duration.ts'
import type { Json } from '../shared/contract/json.ts'
import type { Memory, MemorySettings } from '../shared/contract/memory.ts'
import type { PendingCall } from '../shared/contract/step-call.ts'
import { type Agent, agentLimits } from '../shared/contract/steps/agent.ts'
import { fail } from '../shared/temporal/failure.ts'
import { promptOf, rememberTurn } from '../storage/sql/memory.ts'
import { modelCalls, readJson, repairs, withoutFence } from './call-model.ts'
import { citePassages, showCited } from './cite-passages.ts'
import type { Deps } from './deps.ts'
import { createLiveText, type LiveText, liveMessageId } from './live-text.ts'
import { type Offer, type OfferedTool, offerTools } from './offer-tools.ts'
import type { ModelReply, ModelRequest, ModelTurn } from './providers/models/port.ts'
import { type ComingJob, type Made, type StepJob, stepActivity } from './step-activity.ts'
import { suggestPrompts } from './suggest-prompts.ts'
import { type Settled, toolUser, type Used } from './use-tools.ts'
import { usedBy } from './within-budget.ts'
import { writeAgentPrompt } from './write-agent-prompt.ts'

/** What the workflow tells an agent beside its step. */
export interface AgentOrder extends Settled {
  memory: MemorySettings
}

/**
 * Runs an `agent` step: model, tools, model … until there is a result. Each finished call is written down before it is
 * used, so another attempt, or another entry after a person has decided about a call or an action has run, goes over what
 * is there and on from it: nothing is asked or done twice.
 */
export const runAgent = (deps: Deps) =>
  stepActivity<Agent, Json, Told>(
    deps,
    async (job, told) => {
      const { time } = { ...agentLimits, ...job.call.step.limits }
      const late = new AbortController()
      const clock = setTimeout(() => late.abort(), milliseconds(time))
      const limited = { ...job, signal: AbortSignal.any([job.signal, late.signal]) }
      try {
        return await deps.tools.forStep((tools) =>
          work({ ...deps, tools }, limited, told, () => clearTimeout(clock)),
        )
      } catch (error) {
        if (!late.signal.aborted || job.signal.aborted) throw error
        throw fail('AgentStopped', `The agent took longer than its limit of ${time}.`)
      } finally {
        clearTimeout(clock)
      }
    },
    prepare(deps),
  )

/** What the model is told beside the task, and what it may use. */
interface Told {
  brand: Brand
  memory: Memory | undefined
  offer: Offer
}

const prepare =
  (deps: Deps) =>
  async ({ call: { run, step, extra }, around, memory: told }: ComingJob<Agent>): Promise<Told> => {
    const order = extra as unknown as AgentOrder
    const [{ brand }, memory, offer] = await Promise.all([
      around(),
      step.useMemory ? told(order.memory) : undefined,
      offerTools(deps, run, step),
    ])
    return { brand, memory, offer }
  }

async function work(
  deps: Deps,
  job: StepJob<Agent>,
  { brand, memory, offer: { tools, missing, passages } }: Told,
  stopClock: () => void,
): Promise<Made<Json>> {
  const { step, run, scope, extra } = job.call
  const order = extra as unknown as AgentOrder
  const prompt = await writeAgentPrompt(deps, job.call, {
    brand,
    memory,
    missing,
    hasActions: tools.some((tool) => 'run' in tool),
  })
  const calls = modelCalls(deps, job, { shared: true, hidesSchema: step.chatReply ?? false })
  const use = toolUser(deps, job, tools, order, calls.number)
  const cites = (step.knowledgeBases?.length ?? 0) > 0 && !step.responseSchema
  const shown = step.chatReply ? await openLiveText(deps, job) : undefined
  const live = shown && cites ? showCited(shown, passages) : shown
  const log = { input: prompt.shown, logs: [...missing, ...prompt.logs] }
  try {
    const found = await untilAnswered(job, { ...prompt, tools, calls, use, live })
    if ('pending' in found) return { value: null, label: found.label, pending: found.pending, ...log }
    stopClock()
    const { label } = found
    // Prompts that are suggested take a model's time: the reader has the reply before.
    const told = step.suggestions ? await live?.flush() : await live?.rest()
    const cited = cites ? citePassages(found.value as string, passages) : undefined
    const value = cited?.whole ?? found.value
    if (!step.chatReply) return { value, label, ...log }
    // Its sources are for the reader: a later turn, to which they mean nothing, remembers the words.
    const text = cited?.text ?? (value as string)
    const suggested = step.suggestions
      ? await suggestPrompts(job, calls.ask, { brand, prompt, reply: text, model: step.model })
      : { items: [] }
    const { userMessage } = scope.values
    return {
      value,
      label,
      input: log.input,
      logs: [...log.logs, ...(suggested.problem ? [suggested.problem] : [])],
      entries: replyEntries(job, value as string, label, suggested.items),
      ...(told ? { told } : {}),
      // A turn that ends with it is remembered with its end.
      ...(endsPass(job)
        ? {}
        : {
            store: (tx) =>
              rememberTurn(tx, run, {
                user: promptOf(run, typeof userMessage === 'string' ? userMessage : ''),
                agent: text,
              }),
          }),
    }
  } catch (error) {
    // A reader must not be left with half a reply.
    await live?.reset()
    throw error
  }
}

const endsPass = ({ call: { after } }: StepJob<Agent>) =>
  after.some(({ event }) => event === 'instanceFinished')

/** Shows the reply while it is written. A later entry of the step counts on from those before it. */
async function openLiveText({ db }: Deps, { call: { run, path, ordinal }, attempt, isNew }: StepJob<Agent>) {
  const number = ordinal * 1_000 + attempt
  const live = createLiveText(db, run, path, number)
  // An attempt before may have ended with the step in front of it: then nothing was shown.
  if (number > 1 && !isNew) await live.reset()
  return live
}

interface Exchange {
  system: string
  user: string
  tools: OfferedTool[]
  calls: ReturnType<typeof modelCalls>
  use: (asked: NonNullable<ModelReply['calls']>) => Promise<Used>
  live: LiveText | undefined
}

type Found =
  | { value: Json; label: string | undefined }
  | { pending: PendingCall[]; label: string | undefined }

/** The loop. @throws AgentStopped at a limit of the step; ModelOutputInvalid */
async function untilAnswered(
  { call: { step } }: StepJob<Agent>,
  { system, user, tools, calls, use, live }: Exchange,
): Promise<Found> {
  const limits = { ...agentLimits, ...step.limits }
  const offered = tools.map(({ name, description, parameters }) => ({ name, description, parameters }))
  const history: ModelTurn[] = []
  let label: string | undefined
  let used = 0
  let misses = 0
  for (let round = 1; ; ) {
    if (used > limits.tokens)
      throw fail('AgentStopped', `The agent used ${used} tokens, and may use ${limits.tokens}.`)
    const request: ModelRequest = {
      system,
      user,
      history: [...history],
      model: step.model,
      ...(offered.length > 0 ? { tools: offered } : {}),
      // In the last call it has to make do with what it knows.
      ...(round >= limits.steps ? { toolChoice: 'none' as const } : {}),
      ...(step.responseSchema ? { json: { schema: step.responseSchema } } : {}),
    }
    const reply = await calls.ask(request, live)
    const { tokensIn, tokensOut } = usedBy(request, reply)
    used += tokensIn + tokensOut
    label ??= reply.label
    const asked = reply.calls ?? []
    if (asked.length > 0) {
      if (round++ >= limits.steps)
        throw fail('AgentStopped', `The agent still wanted to call tools after ${limits.steps} model calls.`)
      await calls.settled()
      const { calls: named, results, pending } = await use(asked)
      // What it said on the way is not its reply.
      if (reply.text) await live?.reset()
      if (pending) return { pending, label }
      history.push({ role: 'assistant', content: reply.text, calls: named }, ...results)
      continue
    }
    const read = readAnswer(step, reply.text)
    if (read.ok) return { value: read.value, label }
    if (misses++ === repairs)
      throw fail('ModelOutputInvalid', `The model did not answer in the required form: ${read.reason}`)
    await live?.reset()
    if (reply.text.trim()) history.push({ role: 'assistant', content: reply.text.slice(0, 20_000) })
    history.push({ role: 'user', content: `That does not fit: ${read.reason}. Answer again.` })
  }
}

function readAnswer({ responseSchema, chatReply }: Agent, said: string): ReturnType<typeof readJson> {
  if (responseSchema) return readJson(said, responseSchema)
  // A person sees a reply as it is written, so nothing is taken off it afterwards.
  const text = (chatReply ? said : withoutFence(said)).trim()
  return text ? { ok: true, value: text } : { ok: false, reason: 'nothing came' }
}

function replyEntries(
  { call: { run, step, path } }: StepJob<Agent>,
  text: string,
  label: string | undefined,
  suggestions: string[],
): NonNullable<Made<Json>['entries']> {
  const at = `${path}${run.retry ? `~${run.retry}` : ''}`
  return [
    {
      event: 'message',
      key: `${at}:reply`,
      messageId: liveMessageId(run, path),
      role: 'agent',
      text,
      attachments: [],
      stepId: step.id,
      ...(suggestions.length > 0 ? { suggestions } : {}),
      ...(label ? { label } : {}),
    },
    ...(suggestions.length > 0
      ? [{ event: 'suggestions' as const, key: `${at}:suggested`, items: suggestions }]
      : []),
  ]
}
