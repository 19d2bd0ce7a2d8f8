import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Decision, OpenRequest } from '../../shared/contract/request.ts'
import { sizeOf, untilWhen } from '../conversation/names.ts'
import { saveFiles } from '../conversation/save-results.ts'
import { oneLine } from '../screen/plain.ts'
import type { Choice } from '../screen/prompts.ts'
import { renderMarkdown } from '../screen/render-markdown.ts'
import type { Screen } from '../screen/screen.ts'
import { paint } from '../screen/spans.ts'
import { UsageError } from '../usage-error.ts'
import type { Dialogue } from './dialogue.ts'
import { editText } from './edit-text.ts'

export interface Decided {
  decision: Decision
  comment?: string
  edited?: string
}

type Move = Decision | 'edit' | 'look'

/** Shows what is to be approved, and asks for the decision. Throws `Interrupted` or `Settled` where none comes. */
export async function askDecision(
  request: OpenRequest,
  signal: AbortSignal,
  dialogue: Dialogue,
): Promise<Decided> {
  const { prompts, screen } = dialogue
  showArtifact(request, screen)
  let edited: string | undefined
  for (;;) {
    const move = await prompts.select<Move>({
      message: `${oneLine(request.question, 500)}${untilWhen(request)}`,
      signal,
      choices: movesOf(request, edited),
    })
    if (move === 'look') {
      for (const path of await fetchFiles(request, dialogue)) screen.say(`  ${path}`)
      continue
    }
    if (move === 'edit') {
      edited = await tryToEdit(edited ?? request.artifact?.text ?? '', request, screen)
      continue
    }
    const comment = move === 'approve' ? undefined : await askComment(move, signal, dialogue)
    return {
      decision: move,
      ...(comment ? { comment } : {}),
      ...(edited !== undefined && move !== 'reject' ? { edited } : {}),
    }
  }
}

export function showArtifact({ artifact, label }: OpenRequest, screen: Screen): void {
  const rule = paint('dim', '─'.repeat(screen.columns))
  screen.say()
  if (artifact?.text !== undefined) {
    screen.say(rule)
    screen.say(renderMarkdown(artifact.text, screen.columns))
    screen.say(rule)
  }
  if (label) screen.say(paint('dim', `— ${oneLine(label)}`))
  for (const { name, bytes } of artifact?.files ?? [])
    screen.say(`  + ${oneLine(name)}${paint('dim', sizeOf(bytes))}`)
}

function movesOf(
  { kind, editAllowed, changesAllowed, artifact }: OpenRequest,
  edited: string | undefined,
): Choice<Move>[] {
  if (kind === 'budget')
    return [
      { value: 'approve', label: 'Go on', hint: 'grants the same amount again' },
      { value: 'reject', label: 'Stop', hint: 'cancels the run' },
    ]
  const canEdit = editAllowed && artifact?.text !== undefined
  return [
    { value: 'approve', label: edited === undefined ? 'Approve' : 'Approve with your edits' },
    ...(canEdit
      ? [
          {
            value: 'edit' as const,
            label: edited === undefined ? 'Edit the text…' : 'Edit it again…',
            hint: 'opens your editor',
          },
        ]
      : []),
    ...(artifact?.files?.length
      ? [{ value: 'look' as const, label: 'Look at the files', hint: 'saves them in a folder' }]
      : []),
    ...(changesAllowed
      ? [
          {
            value: 'changes' as const,
            label: 'Request changes…',
            ...(edited === undefined ? {} : { hint: 'in the text with your edits' }),
          },
        ]
      : []),
    { value: 'reject', label: 'Reject…' },
  ]
}

/** The files that are to be approved, in a folder of their own: what is approved should have been seen. */
async function fetchFiles({ artifact }: OpenRequest, { client }: Dialogue): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'parley-review-'))
  return saveFiles(artifact?.files ?? [], client, folder)
}

async function tryToEdit(
  text: string,
  { artifact }: OpenRequest,
  screen: Screen,
): Promise<string | undefined> {
  try {
    const edited = await screen.lend(() => editText(text))
    if (edited === artifact?.text) {
      screen.say('Nothing was changed.')
      return undefined
    }
    showArtifact({ artifact: { text: edited } } as OpenRequest, screen)
    return edited
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    screen.say(paint('yellow', error.message))
    return text === artifact?.text ? undefined : text
  }
}

async function askComment(move: Decision, signal: AbortSignal, { prompts }: Dialogue): Promise<string> {
  const needed = move === 'changes'
  return prompts.text({
    message: needed ? 'What should change?' : 'Why? (may be left empty)',
    signal,
    refuse: (typed) => (needed && typed.trim() === '' ? 'Please say what should change.' : undefined),
  })
}
