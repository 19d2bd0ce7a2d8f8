import type { Brand } from '../shared/contract/brand.ts'
import { isObject } from '../shared/contract/json.ts'
import { kindOf } from '../shared/temporal/failure.ts'
import { type modelCalls, readJson } from './call-model.ts'
import type { StepJob } from './step-activity.ts'
import type { AgentPrompt } from './write-agent-prompt.ts'
import { instructions } from './write-instructions.ts'

/** Nobody waits longer for them: the reply is written already. */
const patience = 20_000
const count = { least: 2, most: 4 } as const
const mostCharacters = 120

const schema = {
  type: 'object',
  required: ['suggestions'],
  properties: { suggestions: { type: 'array', items: { type: 'string' } } },
}

export interface Suggested {
  items: string[]
  /** Why there are none. */
  problem?: string
}

/**
 * Asks for prompts with which the person may go on. In a call of its own, behind the reply: whatever becomes of it, the
 * reply stands.
 */
export async function suggestPrompts(
  job: Pick<StepJob<never>, 'signal'>,
  ask: ReturnType<typeof modelCalls>['ask'],
  {
    brand,
    prompt,
    reply,
    model,
  }: { brand: Brand; prompt: AgentPrompt; reply: string; model?: string | undefined },
): Promise<Suggested> {
  const late = AbortSignal.timeout(patience)
  try {
    const { text } = await ask(
      {
        system: instructions(brand, 'suggest', ['Answer with JSON only.']),
        user: `A person in a chat wrote this, and was answered this:\n<conversation>\nUser: ${prompt.user}\nAgent: ${reply}\n</conversation>\nSuggest ${count.least} to ${count.most} short prompts that the person may want to send next: in their voice, in the language of the conversation, ${mostCharacters} characters at most each.`,
        json: { schema },
        model,
      },
      undefined,
      AbortSignal.any([job.signal, late]),
    )
    const read = readJson(text, schema)
    if (!read.ok) return none(read.reason)
    const items = tidy(isObject(read.value) ? (read.value.suggestions as unknown as string[]) : [])
    return items.length < count.least ? none('the model had too few') : { items }
  } catch (error) {
    job.signal.throwIfAborted()
    if (late.aborted) return none('the model took too long')
    const kind = kindOf(error)
    // Nobody is asked to pay more for them.
    const isBearable = ['ProviderBusy', 'ProviderRefused', 'BudgetSpent'].includes(kind?.code ?? '')
    if (!kind || !isBearable) throw error
    return none(kind.message)
  }
}

const none = (why: string): Suggested => ({ items: [], problem: `No prompts are suggested: ${why}` })

const tidy = (items: string[]): string[] =>
  [...new Set(items.map((one) => one.trim().replace(/\s+/g, ' ')))]
    .filter((one) => one !== '' && one.length <= mostCharacters)
    .slice(0, count.most)
