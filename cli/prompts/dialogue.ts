import type { ParleyHttp } from '../../client/http.ts'
import type { AnswerKind } from '../../shared/contract/answer.ts'
import type { Json } from '../../shared/contract/json.ts'
import type { OpenRequest } from '../../shared/contract/request.ts'
import type { Prompts } from '../screen/prompts.ts'
import type { Screen } from '../screen/screen.ts'

/** What it takes to ask a person: where to write, how to ask, where files go. */
export interface Dialogue {
  client: ParleyHttp
  screen: Screen
  prompts: Prompts
}

export type AnswerBody = { value: Json } | { fileIds: string[] }

/** A question as it is put: `message` is what stands beside the prompt, the rest was said before. */
export interface Question<Kind extends AnswerKind['type'] = AnswerKind['type']> {
  request: OpenRequest
  kind: Extract<AnswerKind, { type: Kind }>
  message: string
  signal: AbortSignal
  /** What was typed before and did not fit. */
  before?: string | undefined
  /** All that was answered before and did not fit. */
  previous?: AnswerBody | undefined
}

/** Asks for an answer of one type. Throws `Interrupted` or `Settled` where none comes. */
export type Asker<Kind extends AnswerKind['type']> = (
  question: Question<Kind>,
  dialogue: Dialogue,
) => Promise<AnswerBody>
