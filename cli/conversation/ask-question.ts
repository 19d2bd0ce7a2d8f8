import type { OpenRequest } from '../../shared/contract/request.ts'
import type { AnswerBody, Dialogue } from '../prompts/dialogue.ts'
import { askerOf } from '../prompts/index.ts'
import { oneLine } from '../screen/plain.ts'
import { renderMarkdown } from '../screen/render-markdown.ts'
import { paint } from '../screen/spans.ts'
import { untilWhen } from './names.ts'

const text = { type: 'text' } as const

/** Puts a question to the person. A long one is shown as a text of its own, above the prompt. */
export async function askQuestion(
  {
    request,
    before,
    previous,
    signal,
  }: {
    request: OpenRequest
    before: string | undefined
    previous?: AnswerBody | undefined
    signal: AbortSignal
  },
  dialogue: Dialogue,
): Promise<AnswerBody> {
  const { screen } = dialogue
  const rendered = renderMarkdown(request.question, screen.columns)
  const isShort = !rendered.includes('\n')
  if (!isShort && previous === undefined) {
    screen.say()
    screen.say(rendered)
  }
  const kind = request.answer ?? text
  const from = request.label ? ` ${paint('dim', `— ${oneLine(request.label)}`)}` : ''
  const message = `${isShort ? rendered : 'Your answer'}${from}${untilWhen(request)}`
  return askerOf(kind.type)({ request, kind, message, signal, before, previous }, dialogue)
}
