import { isObject, type Json, type JsonObject } from '../shared/contract/json.ts'
import { schemaProblems } from '../shared/contract/json-schema.ts'
import type { ActionOutcome, PendingCall } from '../shared/contract/step-call.ts'
import type { Agent } from '../shared/contract/steps/agent.ts'
import { stringify } from '../shared/contract/template.ts'
import { fail, kindOf } from '../shared/temporal/failure.ts'
import { contentHash } from '../storage/sql/content-hash.ts'
import { findCall, recordCall } from '../storage/sql/record-call.ts'
import { type Answer, callOnce } from './call-once.ts'
import type { Deps } from './deps.ts'
import type { OfferedTool } from './offer-tools.ts'
import type { ModelToolCall, ModelTurn } from './providers/models/port.ts'
import type { StepJob } from './step-activity.ts'

/** What a person decided about a call. */
export interface CallDecision {
  id: string
  allowed: boolean
  comment: string | null
}

/** What others have seen to since the loop was left. */
export interface Settled {
  decisions: CallDecision[]
  /** Of the actions that were called last. Those before are in the run log. */
  outcomes: ActionOutcome[]
}

/** Calls of one answer that are looked at; of the others the model hears. */
const mostAtOnce = 16
/** How often in a row an agent may ask for the very same call before it is stopped. */
const mostAlike = 3
/** Characters of a result that a model is given. */
const mostShown = 50_000
/** Attempts after which a model hears that a system is busy, instead of the step being tried again. */
const busyAttempts = 3
/** What no model can do anything about. */
const ours = new Set(['Unavailable', 'Full', 'Internal'])

interface Planned {
  number: number
  call: ModelToolCall
  /** What the model is told without the call being made. */
  told?: string
  /** Makes the call, and gives what the model is told of it; or the call, where others have to see to it first. */
  make?: () => Promise<string | PendingCall>
}

export interface Used {
  /** The calls as the model sees them again: under ids of ours, each of which is there once. */
  calls: ModelToolCall[]
  results: ModelTurn[]
  /** Set when others have to see to some first: all calls that need nobody have been made. */
  pending?: PendingCall[]
}

/**
 * Makes the calls that a model asks for: those of one answer side by side, each once. What is wrong with a call is told to
 * the model, which may do better; so is a tool's own failure. `number` gives the number of each call in the step.
 */
export function toolUser(
  deps: Deps,
  job: StepJob<Agent>,
  tools: OfferedTool[],
  { decisions, outcomes }: Settled,
  number: () => number,
): (asked: ModelToolCall[]) => Promise<Used> {
  let alike = new Map<string, number>()

  const plan = (call: ModelToolCall, index: number, alikeNow: Map<string, number>): Planned => {
    const planned = { number: number(), call }
    const tell = (told: string): Planned => ({ ...planned, told })
    if (index >= mostAtOnce) return tell(`At most ${mostAtOnce} calls at once: ask for this one again.`)
    const tool = tools.find(({ name }) => name === call.name)
    // An action may have been taken away, or got other variables, since it ran.
    const tellUnlessRun = (told: string): Planned => ({
      ...planned,
      make: async () => (await settled(planned.number)) ?? told,
    })
    if (!tool) return tellUnlessRun(unknown(call.name, tools))
    const read = readArguments(call.arguments, tool)
    if (typeof read === 'string') return tellUnlessRun(read)
    const same = contentHash([call.name, read])
    if (alikeNow.has(same)) return tell('This is the same call as one beside it: look at what that one gave.')
    const times = (alike.get(same) ?? 0) + 1
    alikeNow.set(same, times)
    if (times >= mostAlike)
      throw fail('AgentStopped', `The agent asked for the very same call of “${tool.title}” ${times} times.`)
    if (times > 1) return tell('You have just made this very call. Its result stands above: go on with that.')
    const id = `${planned.number}:${same.slice(0, 16)}`
    const pending: PendingCall = {
      id,
      tool: tool.title,
      arguments: read,
      approval: tool.approval,
      ...('run' in tool ? { action: tool.run(read) } : {}),
    }
    const decision = decisions.find((one) => one.id === id)
    if (tool.approval && !decision) return { ...planned, make: async () => pending }
    if (!tool.approval || decision?.allowed)
      return {
        ...planned,
        make: async () =>
          'send' in tool ? make(planned.number, tool, read) : ((await settled(planned.number)) ?? pending),
      }
    return tell(
      `A person did not allow this call${decision?.comment ? `, and says: ${decision.comment}` : ''}. Do not try it again.`,
    )
  }

  const { run, path } = job.call
  const { workspaceId, appId, instanceUuid } = run
  const placeOf = (ordinal: number) => ({ workspaceId, instanceUuid, path, ordinal })

  /** What came of a call that the workflow has seen to. */
  const settled = async (at: number): Promise<string | undefined> => {
    const before = await findCall(deps.db, placeOf(at))
    if (before) return asText(before.response as unknown as Told)
    const outcome = outcomes.find(({ id }) => id.startsWith(`${at}:`))
    if (!outcome) return undefined
    const { tool: action, arguments: given, output = null, truncated, error } = outcome
    const told: Told = error ? { error } : { value: output, ...(truncated ? { truncated } : {}) }
    await recordCall(deps.db, placeOf(at), 'tool', {
      request: { action, arguments: given, instanceUuid: outcome.instanceUuid },
      response: told as unknown as Json,
      startedAt: new Date(outcome.startedAt),
    })
    return asText(told)
  }

  const make = async (
    at: number,
    tool: Extract<OfferedTool, { send: unknown }>,
    given: JsonObject,
  ): Promise<string> => {
    const place = placeOf(at)
    const request = { ...tool.shown, arguments: given }
    job.at(`tool call ${at + 1}`)
    const startedAt = new Date()
    try {
      const answer = await callOnce(deps, {
        place: { ...place, appId },
        // Without the number of the activity: one that was entered again goes over the calls of those before it.
        key: `${instanceUuid}:${path}:${at}:tool`,
        isNew: job.isNew,
        signal: job.signal,
        request,
        send: (call) => tool.send({ ...call, place, secure: run.secure, arguments: given }, deps.tools),
      })
      return asText(tool.tell && !('error' in answer) ? { value: tool.tell(answer.value, at) } : answer)
    } catch (error) {
      const kind = kindOf(error)
      if (job.signal.aborted || !kind || ours.has(kind.code)) throw error
      if (kind.code === 'ProviderBusy' && job.attempt < busyAttempts) throw error
      const failure = { error: { code: kind.code, message: kind.message } }
      await recordCall(deps.db, place, 'tool', { request, response: failure, startedAt })
      return asText(failure)
    }
  }

  return async (asked) => {
    const alikeNow = new Map<string, number>()
    const planned = asked.map((call, index) => plan(call, index, alikeNow))
    alike = alikeNow
    // None is left behind: what one of them throws is thrown when all are over and written down.
    const made = await Promise.allSettled(planned.map(({ told = '', make: go }) => (go ? go() : told)))
    const broken = made.find((one) => one.status === 'rejected')
    if (broken) throw broken.reason
    const came = made.map((one) => (one as PromiseFulfilledResult<string | PendingCall>).value)
    const pending = came.filter((one) => typeof one !== 'string')
    const idOf = (one: Planned) => `call_${one.number}`
    return {
      calls: planned.map((one) => ({ ...one.call, id: idOf(one) })),
      results: planned.flatMap((one, index) => {
        const content = came[index]
        return typeof content === 'string' ? [{ role: 'tool' as const, callId: idOf(one), content }] : []
      }),
      ...(pending.length > 0 ? { pending } : {}),
    }
  }
}

const unknown = (name: string, tools: OfferedTool[]) =>
  `There is no tool “${name.slice(0, 100)}”. There ${tools.length === 1 ? 'is' : 'are'} ${tools.map((one) => one.name).join(', ') || 'none'}.`

/** The arguments as they may be sent; or what is wrong with them. */
function readArguments(written: string, tool: OfferedTool): JsonObject | string {
  let value: unknown
  try {
    value = JSON.parse(written.trim() || '{}')
  } catch {
    return 'The arguments are not JSON: call it again, with a JSON object.'
  }
  if (!isObject(value)) return 'The arguments are no JSON object: call it again, with one.'
  const problems = schemaProblems(tool.parameters, value as Json)
  if (problems.length === 0) return value as JsonObject
  const list = problems.map(({ path, message }) => `${path ? `${path} ` : ''}${message}`).join('; ')
  return `The arguments do not fit: ${list.slice(0, 1_000)}. Call it again with arguments that do.`
}

type Told = Answer | { error: { message: string } }

/** What a model is given of a result: what the tool gave, or what went wrong. */
function asText(answer: Told): string {
  if ('error' in answer) return `It failed: ${answer.error.message}`
  const text = stringify(answer.value) || 'It gave nothing back.'
  if (text.length <= mostShown && !answer.truncated) return text
  return `${text.slice(0, mostShown)}\n[The result is longer: what is behind this is left out.]`
}
