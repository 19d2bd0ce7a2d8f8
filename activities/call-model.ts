import type { Json } from '../shared/contract/json.ts'
import type { JsonSchema } from '../shared/contract/json-schema.ts'
import { schemaProblems } from '../shared/contract/json-schema.ts'
import { costOf } from '../shared/contract/prices.ts'
import type { RunRef } from '../shared/contract/run-ref.ts'
import { fail } from '../shared/temporal/failure.ts'
import type { Transaction } from '../storage/sql/database.ts'
import type { Surroundings } from '../storage/sql/find-surroundings.ts'
import type { OwedRows } from '../storage/sql/owed-rows.ts'
import { type CallPlace, callRow, findCall, recordCall } from '../storage/sql/record-call.ts'
import type { Deps } from './deps.ts'
import type { LiveText } from './live-text.ts'
import type { ModelReply, ModelRequest } from './providers/models/port.ts'
import { writeWithinBudget } from './within-budget.ts'

/** How often a wrong form is sent back to the model. */
export const repairs = 2

/** For whom the model is asked: the job of a step, as a rule. */
export interface Asker {
  call: { run: RunRef; path: string; ordinal: number }
  /** Set where no earlier attempt can have made a call. */
  isNew?: boolean
  /** What counts its calls, where that is known. */
  around?: () => Promise<Pick<Surroundings, 'budgets'>>
  /** Where a finished call waits for what is written next. */
  owed?: OwedRows
  signal: AbortSignal
  at: (what: string) => void
}

/**
 * The model calls of one step: numbered, each written down before it is used, or with what it is used for, so that a retry
 * pays nothing twice. A step may have several activities, each with calls of its own; those of an agent share one count, since the later ones go
 * over what the earlier ones were told. The log of a chat reply shows no schema: what it gives is text.
 */
export function modelCalls(deps: Deps, job: Asker, { shared = false, hidesSchema = false } = {}) {
  // A retry of a failed run asks anew.
  let ordinal = (job.call.run.retry ?? 0) * 1_000_000 + (shared ? 0 : job.call.ordinal * 1_000)
  const { workspaceId, instanceUuid } = job.call.run
  const { db, models, prices } = deps

  /** Before anything is done that stands on a call, it is written down. */
  const settled = async () => job.owed?.write(db)

  const call = async (
    wanted: ModelRequest,
    live?: LiveText,
    signal: AbortSignal = job.signal,
  ): Promise<ModelReply> => {
    const place = { workspaceId, instanceUuid, path: job.call.path, ordinal: ordinal++ }
    await settled()
    const before = job.isNew ? undefined : await findCall(db, place)
    if (before) return before.response as unknown as ModelReply
    return writeWithinBudget(deps, { ...job, signal }, place, wanted, (request, settle) =>
      make(place, request, live, signal, settle),
    )
  }

  const make = async (
    place: CallPlace,
    request: ModelRequest,
    live: LiveText | undefined,
    signal: AbortSignal,
    settle: ((tx: Transaction, reply: ModelReply) => Promise<void>) | undefined,
  ): Promise<ModelReply> => {
    job.at(`model call ${place.ordinal + 1}`)
    const startedAt = new Date()
    const said = await models.generate(request, {
      signal,
      ...(live ? { onDelta: live.write } : {}),
    })
    // What PostgreSQL cannot hold must not cost the call: it would be paid again and again.
    const reply = {
      ...said,
      text: holdable(said.text),
      ...(said.calls
        ? {
            calls: said.calls.map((one) => ({
              id: holdable(one.id),
              name: holdable(one.name),
              arguments: holdable(one.arguments),
            })),
          }
        : {}),
    }
    job.signal.throwIfAborted()
    const call = {
      request: (hidesSchema ? { ...request, json: undefined } : request) as unknown as Json,
      response: reply as unknown as Json,
      model: reply.model,
      tokensIn: reply.tokensIn,
      tokensOut: reply.tokensOut,
      ...costOf(prices, { ...reply, names: [reply.model, request.model] }),
      startedAt,
    }
    if (job.owed && !settle) job.owed.add(callRow(place, 'model', call))
    else await recordCall(db, place, 'model', call, settle && ((tx) => settle(tx, reply)))
    return reply
  }

  return {
    settled,
    /** One call, whatever its answer. */
    ask: call,
    /** The next number, for a call of another kind. */
    number: () => ordinal++,
    /** Text; an empty answer is asked for once more. */
    text: async (
      request: ModelRequest,
      live?: LiveText,
    ): Promise<{ text: string; label?: string | undefined }> => {
      for (let attempt = 0; ; attempt++) {
        const { text: said, label } = await call(request, live)
        const text = withoutFence(said)
        if (text.trim()) return { text, label }
        if (attempt === repairs)
          throw fail('ModelOutputInvalid', 'The model answered with nothing, also when asked again.')
        await live?.reset()
      }
    },
    /**
     * A value of the given schema that also passes `check`, which says what is wrong. That is sent back to the model,
     * twice at most.
     */
    json: async (
      request: ModelRequest,
      schema: JsonSchema | undefined,
      check: (value: Json) => string | undefined = () => undefined,
    ): Promise<{ value: Json; label?: string | undefined }> => {
      const history: NonNullable<ModelRequest['history']> = []
      for (let attempt = 0; ; attempt++) {
        const reply = await call({ ...request, json: { schema }, history: [...history] })
        const read = readJson(reply.text, schema, check)
        if (read.ok) return { value: read.value, label: reply.label }
        if (attempt === repairs)
          throw fail('ModelOutputInvalid', `The model did not answer in the required form: ${read.reason}`)
        history.push(
          { role: 'assistant', content: reply.text.slice(0, 20_000) },
          { role: 'user', content: `That does not fit: ${read.reason}. Answer again, with the JSON only.` },
        )
      }
    },
  }
}

const holdable = (text: string) => text.toWellFormed().replaceAll('\u0000', '')

/** Reads a model's answer as JSON of a schema; or says what is wrong with it. */
export function readJson(
  text: string,
  schema: JsonSchema | undefined,
  check: (value: Json) => string | undefined = () => undefined,
): { ok: true; value: Json } | { ok: false; reason: string } {
  let value: Json
  try {
    value = JSON.parse(withoutFence(text)) as Json
  } catch (error) {
    return {
      ok: false,
      reason: `not JSON (${error instanceof Error ? error.message.slice(0, 200) : 'cannot be read'})`,
    }
  }
  const problems = schema ? schemaProblems(schema, value) : []
  if (problems.length === 0) {
    const reason = check(value)
    return reason === undefined ? { ok: true, value } : { ok: false, reason }
  }
  return {
    ok: false,
    reason: problems
      .map(({ path, message }) => `${path ? `${path} ` : ''}${message}`)
      .join('; ')
      .slice(0, 1_000),
  }
}

/** Models like to wrap a whole answer in a code fence, although asked not to. */
export const withoutFence = (text: string): string =>
  /^\s*```(?:json|markdown|md|text)?\s*\n([\s\S]*?)\n```\s*$/.exec(text)?.[1] ?? text
