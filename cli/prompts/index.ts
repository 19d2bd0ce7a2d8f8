import type { AnswerKind } from '../../shared/contract/answer.ts'
import { askChoice } from './ask-choice.ts'
import { askFile } from './ask-file.ts'
import { askForm } from './ask-form.ts'
import { askDate, askNumber, askText } from './ask-words.ts'
import type { Asker } from './dialogue.ts'

type Askers = { [Kind in AnswerKind['type']]: Asker<Kind> }

/** How each type of answer is asked for on a terminal. */
export const askers = {
  text: askText,
  number: askNumber,
  date: askDate,
  choice: askChoice,
  file: askFile,
  form: askForm,
} satisfies Askers

/** The table pairs each type with its asker; the compiler cannot follow the pair through a lookup. */
export const askerOf = (type: AnswerKind['type']): Asker<AnswerKind['type']> =>
  askers[type] as unknown as Asker<AnswerKind['type']>
