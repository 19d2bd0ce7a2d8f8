import type { Json } from '../../shared/contract/json.ts'
import { answerChat, answerFromTool, lastWords } from './answering/answer-chat.ts'
import { answerFromPassages, searchTool } from './answering/answer-from-passages.ts'
import { decideTool } from './answering/call-tool.ts'
import { chooseOption } from './answering/choose-option.ts'
import { extractValues } from './answering/extract-values.ts'
import { fillSchema } from './answering/fill-schema.ts'
import { classify } from './conversing/classify.ts'
import { condense } from './conversing/condense.ts'
import { asPlainRequest, conversation, needs } from './conversing/read-agent.ts'
import { smallTalk } from './conversing/small-talk.ts'
import { suggest } from './conversing/suggest.ts'
import { readWish } from './prompt/read-instruction.ts'
import { type Prompt, readPrompt } from './prompt/read-prompt.ts'
import type { ChatRequest } from './prompt/read-request.ts'
import { answerReview, answerRevision, isRevision } from './reviewing/answer-review.ts'
import { writeText } from './writing/write-text.ts'

export interface Answer {
  content: string | null
  toolCall?: { name: string; arguments: string }
}

/** The answer to a request: a function of the request alone. */
export const answerRequest = (request: ChatRequest): Answer => {
  const prompt = readPrompt(asPlainRequest(request.messages))
  const sinceQuestion = request.messages.slice(
    request.messages.findLastIndex((message) => message.role === 'user') + 1,
  )
  const results = sinceQuestion.filter((message) => message.role === 'tool')
  const called = sinceQuestion.flatMap((message) => message.calls ?? [])
  const idle = request.schema || called.length > 0 ? undefined : smallTalk(prompt)
  if (idle !== undefined && typeof request.toolChoice === 'string' && request.toolChoice !== 'required')
    return { content: idle }
  // A result whose call the client did not repeat: whatever it was, it has been made.
  const decision = results.length > called.length ? undefined : decideTool(request, prompt, called)
  if (decision?.kind === 'call')
    return { content: null, toolCall: { name: decision.name, arguments: JSON.stringify(decision.arguments) } }
  if (request.schema) return { content: JSON.stringify(answerInShape(request.schema, prompt), null, 2) }
  if (decision?.kind === 'ask') return { content: `${needs} ${decision.missing.join(', ')}.` }
  const result = results.at(-1)
  if (result && called.at(-1) === searchTool)
    return {
      content: answerFromPassages(
        lastWords(prompt),
        result.text,
        prompt.sources.find(({ name }) => name === conversation)?.text,
      ),
    }
  if (result) return { content: answerFromTool(called.at(-1), result.text) }
  return { content: answerInWords(prompt) }
}

const answerInShape = (schema: Record<string, unknown>, prompt: Prompt): Json => {
  if (prompt.task === 'review') return answerReview(prompt, schema)
  if (prompt.task === 'revise') return answerRevision(prompt, schema)
  if (prompt.task === 'extract') return extractValues(schema, prompt)
  if (prompt.task === 'suggest') return suggest(prompt)
  if (prompt.task === 'classify') return classify(schema, prompt) ?? fillSchema(schema, prompt)
  return fillSchema(schema, prompt)
}

const answerInWords = (prompt: Prompt): string => {
  if (prompt.task === 'review') return JSON.stringify(answerReview(prompt, {}))
  if (prompt.task === 'revise' || isRevision(prompt)) return String(answerRevision(prompt, undefined))
  if (prompt.task === 'classify') return chooseOption(optionsIn(prompt), prompt.question, prompt).value
  if (prompt.task === 'summarise') return condense(prompt)
  const { genre, sections } = readWish(prompt.instruction)
  const writes =
    genre !== 'generic' ||
    sections.length > 0 ||
    /^\s*(?:write|draft|create|prepare|compose|describe|list)\b/i.test(prompt.instruction)
  return writes ? writeText(prompt) : answerChat(prompt)
}

const optionsIn = (prompt: Prompt): string[] =>
  [...`${prompt.system}\n${prompt.question}`.matchAll(/^\s*[-*•] ["“`]?([\w -]{1,60}?)["”`]?\s*[:–—]/gm)].map(
    (found) => found[1]!.trim(),
  )
